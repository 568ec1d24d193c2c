package whatsapp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp"
)

// Not parallel: this is about the process's environment.
func TestTheEnvironmentIsCheckedBeforeAnythingOpens(t *testing.T) {
	const token = "EAAhunter2"
	tests := []struct {
		name string
		set  map[string]string
		want string // a variable that is complained of; empty = none
	}{
		{"as it should be", map[string]string{"ENVIRONMENT": "production", "WHATSAPP_TOKEN": token, "WHATSAPP_PHONE_ID": "106540352242922"}, ""},
		{"a laptop", map[string]string{"ENVIRONMENT": "development"}, ""},
		{"no token", map[string]string{"ENVIRONMENT": "production", "WHATSAPP_PHONE_ID": "1"}, "WHATSAPP_TOKEN"},
		{"no number", map[string]string{"ENVIRONMENT": "production", "WHATSAPP_TOKEN": token}, "WHATSAPP_PHONE_ID"},
		{"a number for an id", map[string]string{"WHATSAPP_PHONE_ID": "+54 9 2944 123456"}, "WHATSAPP_PHONE_ID"},
		{"another version", map[string]string{"WHATSAPP_API_VERSION": "v25.0"}, ""},
		{"no version", map[string]string{"WHATSAPP_API_VERSION": "26"}, "WHATSAPP_API_VERSION"},
		{"a fake in another container", map[string]string{"WHATSAPP_BASE_URL": "http://whatsapp:9"}, ""},
		{"a token in the clear", map[string]string{
			"ENVIRONMENT": "production", "WHATSAPP_TOKEN": token, "WHATSAPP_PHONE_ID": "1", "WHATSAPP_BASE_URL": "http://graph.facebook.com",
		}, "WHATSAPP_BASE_URL"},
		{"a password", map[string]string{"WHATSAPP_BASE_URL": "https://me:hunter2@x.example"}, "WHATSAPP_BASE_URL"},
		{"two hosts", map[string]string{"WHATSAPP_MEDIA_HOSTS": "lookaside.fbsbx.com, mmg.whatsapp.net"}, ""},
		{"a host that is a URL", map[string]string{"WHATSAPP_MEDIA_HOSTS": "https://lookaside.fbsbx.com"}, "WHATSAPP_MEDIA_HOSTS"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for name, value := range test.set {
				t.Setenv(name, value)
			}
			var c whatsapp.Config
			err := config.FromEnvironment()(&c)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, c.Token, c.Token), "hunter2") {
				t.Errorf("the token is shown: %v %+v", err, c)
			}
		})
	}
	for _, c := range []whatsapp.Config{{BaseURL: "https://me:hunter2@x.example"}, {APIVersion: "26"}, {PhoneID: "x"}} {
		if _, err := whatsapp.New(c); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v", err)
		}
	}
}
