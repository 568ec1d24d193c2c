package function_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

type desk struct{}

type note struct {
	Text string `json:"text"`
}

var deskOperations = []web.Operation[desk]{
	web.Act(web.Doc{Route: "POST /notes", Status: http.StatusCreated}, func(_ desk, _ context.Context, n note) (note, error) { return n, nil }),
	web.Raw(web.Doc{Route: "POST /raw"}, func(_ desk, w http.ResponseWriter, r *http.Request) error {
		_, err := io.ReadAll(r.Body)
		return err
	}),
	web.Raw(web.Doc{Route: "POST /blind"}, func(_ desk, w http.ResponseWriter, _ *http.Request) error {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}),
}

// notes is a function that takes 16 KiB.
func notes() function.Function {
	s := spec("notes", web.Routes(deskOperations)...)
	s.MaxBody = 16 << 10
	return function.Serve(s, func(context.Context, struct{}) (http.Handler, error) { return web.Mount(desk{}, deskOperations), nil })
}

// large is a body of a size, which is JSON.
func large(size int) string { return `{"text":"` + strings.Repeat("x", size-11) + `"}` }

func TestALargeBodyIsRefusedAndTheClientHearsOfIt(t *testing.T) {
	t.Parallel()
	for _, size := range []int{16<<10 + 1, 200 << 10, 1 << 20, 3 << 20} {
		for path, status := range map[string]int{
			"/notes": http.StatusRequestEntityTooLarge, "/raw": http.StatusRequestEntityTooLarge,
			"/blind": http.StatusNoContent, "/nothing": http.StatusNotFound,
		} {
			t.Run(fmt.Sprint(size, path), func(t *testing.T) {
				t.Parallel()
				s := setup(t).serve(t, notes())
				t.Run("by Go's client", func(t *testing.T) {
					t.Parallel()
					a := s.ask(t, http.MethodPost, path, large(size), "Content-Type", "application/json").is(status)
					if status == http.StatusRequestEntityTooLarge && a.problem().Code != "too_large" {
						t.Errorf("got %s", a.body)
					}
				})
				t.Run("by a client that writes all before it reads", func(t *testing.T) {
					t.Parallel()
					connection, reader := s.dial(t)
					for range 2 { // and goes on to use the connection
						blurt(t, connection, path, fmt.Sprintf("Content-Length: %d", size), large(size))
						expect(t, reader, status)
					}
				})
				t.Run("in chunks", func(t *testing.T) {
					t.Parallel()
					connection, reader := s.dial(t)
					blurt(t, connection, path, "Transfer-Encoding: chunked", fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", size, large(size)))
					expect(t, reader, status)
				})
			})
		}
	}
}

// blurt writes a whole request, whatever is answered meanwhile.
func blurt(t testing.TB, connection net.Conn, path, length, body string) {
	t.Helper()
	_, err := fmt.Fprintf(connection, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n%s\r\n\r\n%s", path, length, body)
	if err != nil {
		t.Fatalf("the server hung up on it: %v", err)
	}
}

func expect(t testing.TB, reader *bufio.Reader, status int) {
	t.Helper()
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	defer response.Body.Close()
	if text, err := io.ReadAll(response.Body); response.StatusCode != status || err != nil {
		t.Fatalf("got %d, want %d: %s, %v", response.StatusCode, status, text, err)
	}
}

func TestABodyOfTheLimitIsTakenAndTheNextRequestToo(t *testing.T) {
	t.Parallel()
	s := setup(t).serve(t, notes())
	connection, reader := s.dial(t)
	for range 3 {
		blurt(t, connection, "/notes", "Content-Length: 16384", large(16<<10))
		expect(t, reader, http.StatusCreated)
	}
}

func TestABodyWithoutEndIsNotReadForEver(t *testing.T) {
	t.Parallel()
	s := setup(t).serve(t, notes())
	connection, _ := s.dial(t)
	io.WriteString(connection, "POST /notes HTTP/1.1\r\nHost: x\r\nContent-Length: 1099511627776\r\n\r\n")
	sent := make(chan int, 1)
	go func() {
		total, chunk := 0, make([]byte, 64<<10)
		for {
			n, err := connection.Write(chunk)
			total += n
			if err != nil {
				sent <- total
				return
			}
		}
	}()
	wait(t, s.ended)
	if total := wait(t, sent); total > 64<<20 { // 4 MiB, and what the machine keeps on the way
		t.Errorf("the server took %d bytes", total)
	}
}

func TestAClientThatStopsSendingIsAnsweredAllTheSame(t *testing.T) {
	t.Parallel()
	s := setup(t).serve(t, notes())
	connection, reader := s.dial(t)
	blurt(t, connection, "/notes", "Content-Length: 1000000", large(20<<10))
	expect(t, reader, http.StatusRequestEntityTooLarge)
}

func TestAClientThatWaitsForPermissionToSendIsAnsweredWithoutIt(t *testing.T) {
	t.Parallel()
	s := setup(t).serve(t, notes())
	for path, status := range map[string]int{"/nothing": http.StatusNotFound, "/blind": http.StatusNoContent, "/notes": http.StatusContinue} {
		connection, reader := s.dial(t)
		if err := connection.SetDeadline(time.Now().Add(1500 * time.Millisecond)); err != nil { // before it is given up waiting for
			t.Fatal(err)
		}
		fmt.Fprintf(connection, "POST %s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n", path)
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != status {
			t.Errorf("%s: got %d", path, response.StatusCode)
		}
	}
}
