package web_test

import (
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/web"
)

func TestASiteHasAnAddressAndAHost(t *testing.T) {
	t.Parallel()
	for config, want := range map[web.SiteConfig][2]string{
		{Port: 8080}: {"http://localhost:8080", "localhost"},
		{BaseURL: "https://cabins.example//", Port: 8080}: {"https://cabins.example", "cabins.example"},
		{BaseURL: "https://cabins.example:8443/reservas"}: {"https://cabins.example:8443/reservas", "cabins.example"},
		{BaseURL: "http://[::1]:8080"}:                    {"http://[::1]:8080", "::1"},
		{BaseURL: "https://%zz"}:                          {"https://%zz", "https://%zz"},
	} {
		if got := [2]string{config.URL(), config.Host()}; got != want {
			t.Errorf("%+v: got %q, want %q", config, got, want)
		}
	}
}
