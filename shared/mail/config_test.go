package mail_test

import (
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/mail"
)

// Not parallel: this is about the process's environment.
func TestTheEnvironmentIsCheckedBeforeAnythingOpens(t *testing.T) {
	good := map[string]string{
		"ENVIRONMENT": "production", "SMTP_HOST": "smtp.example.com", "SMTP_PORT": "465", "SMTP_USER": "u", "SMTP_PASSWORD": "hunter2",
		"SMTP_FROM": "El Refugio <reservas@example.com>", "SMTP_TLS": "tls",
	}
	tests := []struct {
		name string
		env  map[string]string
		want string // the variable that is complained of; empty = none
	}{
		{"as it should be", nil, ""},
		{"off", map[string]string{"SMTP_HOST": "", "SMTP_USER": "", "SMTP_PASSWORD": "", "SMTP_FROM": ""}, ""},
		{"without signing in", map[string]string{"SMTP_USER": "", "SMTP_PASSWORD": ""}, ""},
		{"an address of a machine", map[string]string{"SMTP_HOST": "10.0.0.1"}, ""},
		{"open on a laptop", map[string]string{"SMTP_TLS": "none", "ENVIRONMENT": "development"}, ""},
		{"open in production", map[string]string{"SMTP_TLS": "none"}, "SMTP_TLS"},
		{"a way nobody knows", map[string]string{"SMTP_TLS": "ssl"}, "SMTP_TLS"},
		{"no sender", map[string]string{"SMTP_FROM": ""}, "SMTP_FROM"},
		{"a sender that is none", map[string]string{"SMTP_FROM": "hunter2"}, "SMTP_FROM"},
		{"two senders", map[string]string{"SMTP_FROM": "a@example.com, b@example.com"}, "SMTP_FROM"},
		{"a sender with more to it", map[string]string{"SMTP_FROM": "a@example.com\r\nBcc: hunter2@example.com"}, "SMTP_FROM"},
		{"no password", map[string]string{"SMTP_PASSWORD": ""}, "SMTP_PASSWORD"},
		{"nobody to the password", map[string]string{"SMTP_USER": ""}, "SMTP_PASSWORD"},
		{"a host with its port", map[string]string{"SMTP_HOST": "smtp.example.com:465"}, "SMTP_HOST"},
		{"an address of the web", map[string]string{"SMTP_HOST": "https://smtp.example.com"}, "SMTP_HOST"},
		{"no port", map[string]string{"SMTP_PORT": "0"}, "SMTP_PORT"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for name, value := range good {
				t.Setenv(name, value)
			}
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			// As functions do it: the sender's configuration is a part of theirs.
			loaded := new(struct {
				config.Environment
				Mail
			})
			err := config.FromEnvironment()(loaded)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the value is shown: %v", err)
			}
			if err == nil && loaded.On() != (loaded.Host != "") {
				t.Error("on or off?")
			}
		})
	}
}

// Mail is how a function would embed it beside others' configurations.
type Mail = mail.Config
