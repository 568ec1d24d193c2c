package mercadopago_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago"
)

// Not parallel: this is about the process's environment.
func TestTheEnvironmentIsCheckedBeforeAnythingOpens(t *testing.T) {
	tests := []struct {
		name, environment, token, base string
		want                           string // a variable that is complained of; empty = none
	}{
		{"as it should be", "production", "APP_USR-hunter2", "https://api.mercadopago.com", ""},
		{"by default", "production", "APP_USR-hunter2", "", ""},
		{"a laptop", "development", "", "", ""},
		{"no token", "production", "", "", "MERCADOPAGO_ACCESS_TOKEN"},
		{"a fake on this machine", "production", "APP_USR-hunter2", "http://127.0.0.1:9", ""},
		{"a token in the clear", "production", "APP_USR-hunter2", "http://api.mercadopago.com", "MERCADOPAGO_BASE_URL"},
		{"a fake in another container", "development", "", "http://mercadopago:9", ""},
		{"no address", "development", "", "hunter2", "MERCADOPAGO_BASE_URL"},
		{"another scheme", "development", "", "ftp://hunter2", "MERCADOPAGO_BASE_URL"},
		{"a password", "development", "", "https://me:hunter2@x.example", "MERCADOPAGO_BASE_URL"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("ENVIRONMENT", test.environment)
			t.Setenv("MERCADOPAGO_ACCESS_TOKEN", test.token)
			if test.base != "" {
				t.Setenv("MERCADOPAGO_BASE_URL", test.base)
			}
			var c mercadopago.Config
			err := config.FromEnvironment()(&c)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, c.AccessToken, c.AccessToken), "hunter2") {
				t.Errorf("the token is shown: %v %+v", err, c)
			}
		})
	}
	if _, err := mercadopago.New(mercadopago.Config{BaseURL: "https://me:hunter2@x.example"}); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}
