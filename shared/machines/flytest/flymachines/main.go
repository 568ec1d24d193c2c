// Command flymachines serves a Machines API on this computer, whose machines are processes of a program: to see what the fly
// placement does without an account.
//
//	go run ./shared/machines/flytest/flymachines -addr 127.0.0.1:4280 ./router
//
// then, with what it prints in the environment, `router launch`, `router machines` and the rest as on Fly.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/eevans-d/sist-cabanas/shared/machines/flytest"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:4280", "where to listen")
	secrets := flag.String("secrets", "DATABASE_URL", "variables of this process that machines get as secrets, comma-separated")
	flag.Parse()
	if err := serve(*addr, *secrets, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "flymachines:", err)
		os.Exit(1)
	}
}

func serve(addr, secrets, binary string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	config := flytest.Config{Addr: addr, Binary: binary, Output: os.Stdout, Secrets: make(map[string]string)}
	for name := range strings.SplitSeq(secrets, ",") {
		if value, ok := os.LookupEnv(name); ok {
			config.Secrets[name] = value
		}
	}
	server, err := flytest.New(config)
	if err != nil {
		return err
	}
	defer server.Close()
	fmt.Printf("export FLY_FLAPS_BASE_URL=%s FLY_APP_NAME=cabins FLY_MACHINE_ID=laptop FLY_REGION=gru "+
		"FLY_IMAGE_REF=registry.fly.io/cabins:local FLY_LAUNCH_TOKEN=fm2_test\n", server.URL)
	<-ctx.Done()
	return nil
}
