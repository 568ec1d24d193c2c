package pglocal_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/postgres/pglocal"
)

// These tests replace PATH, so they cannot run beside others.

func TestInstallAsksThePackageManager(t *testing.T) {
	bin := t.TempDir()
	said := filepath.Join(bin, "said")
	script(t, filepath.Join(bin, "sudo"), `[ "$1" = -n ] && shift && "$@"`)
	script(t, filepath.Join(bin, "true"), "")
	script(t, filepath.Join(bin, "apk"), `echo "$@" >>"`+said+`"`)
	t.Setenv("PATH", bin)

	var log bytes.Buffer
	if err := pglocal.Install(t.Context(), &log); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(said); string(got) != "add --no-cache postgresql postgresql-contrib\n" {
		t.Errorf("it was asked to %q", got)
	}
	if log.String() != "Postgres is not here yet: installing it (apk add postgresql postgresql-contrib)\n" {
		t.Errorf("a person reads %q", log.String())
	}
}

func TestInstallSaysWhatWentWrong(t *testing.T) {
	for _, test := range []struct{ name, apk, sudo, want string }{
		{name: "no manager", want: "no package manager"},
		{name: "failure", apk: "echo much; echo no; echo such; echo package >&2; exit 7", sudo: `shift; "$@"`, want: "exit status 7: no\nsuch\npackage"},
		{name: "password", apk: "exit 0", sudo: "exit 1", want: "run `sudo apk add postgresql postgresql-contrib`"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.name == "password" && os.Geteuid() == 0 {
				t.Skip("root needs none")
			}
			bin := t.TempDir()
			script(t, filepath.Join(bin, "true"), "")
			t.Setenv("PATH", bin)
			if test.apk != "" {
				script(t, filepath.Join(bin, "apk"), test.apk)
				script(t, filepath.Join(bin, "sudo"), test.sudo)
			}
			err := pglocal.Install(t.Context(), t.Output())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// binaries is an archive as published: a .tar.xz with bin/initdb and bin/postgres, shell scripts that only know their
// version, and share/extension/btree_gist.control.
const binaries = `
/Td6WFoAAAFpIt42AgAhARwAAAAQz1jM4Cf/AO1dADEaShsFkZA3OlG9V3Gz1uIDp1boMSSCuwT6/dOxb+v/A0tfDHoyT6k+8AGX
+miDX2Ac97p9eH70aZScZgV/xYiu/tq1Xd78lTUn1FNwlvmEXs93S4xsnQZkYexWIDAFlrpjFd3R5f31a3QocvntCHibKvFelDlm
4uhkujq2Puqw44m37W5UCtWrt0AmNfyPmHUv8L9nPzFVWc8yH+Y8updeQg5HYxKsUnXMUt8JhoP2BQFCpElIhEdqOY2zWGmJhhVJ
6pa7OS+FSvuIh4Z95Or/W19qbR5xs9kgjqVQiMAIKK7MfHN7N3hT2s5o0QAAAAADqRNyAAGFAoBQAABdmg12PjANiwIAAAAAAVla`

func TestDownload(t *testing.T) {
	t.Parallel()
	content, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(binaries, "\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	var jar bytes.Buffer
	archive := zip.NewWriter(&jar)
	file, err := archive.Create("postgres.txz")
	if err == nil {
		_, err = file.Write(content)
	}
	if err == nil {
		err = archive.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	mirror := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".sha256") {
			sum := sha256.Sum256(jar.Bytes())
			_, _ = w.Write([]byte(hex.EncodeToString(sum[:])))
			return
		}
		_, _ = w.Write(jar.Bytes())
	}))
	defer mirror.Close()

	dir := reachable(t)
	version, err := pglocal.Download(t.Context(), dir, mirror.URL)
	if err != nil || version != "17.5" {
		t.Errorf("got version %q, %v", version, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*", "*")); len(left) != 2 {
		t.Errorf("bin and share are expected, and nothing else: %v", left)
	}
	mirror.Close()
	if _, err := pglocal.Download(t.Context(), reachable(t), mirror.URL); err == nil {
		t.Error("without a network it says that all went well")
	}
}
