package storage_test

import (
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/storage"
)

// Not parallel: this is about the process's environment.
func TestTheEnvironmentIsCheckedBeforeAnythingOpens(t *testing.T) {
	public, _, err := storage.NewKey()
	check(t, err)
	asFlySetsThem := map[string]string{
		"BUCKET_NAME": "mine", "AWS_ENDPOINT_URL_S3": "https://fly.storage.tigris.dev", "AWS_REGION": "auto",
		"AWS_ACCESS_KEY_ID": "tid_x", "AWS_SECRET_ACCESS_KEY": "tsec_x", "ENVIRONMENT": "production",
	}
	tests := []struct {
		name, variable, value string
		want                  string // a variable that is complained of; empty = none
	}{
		{"as it should be", "BACKUP_AGE_RECIPIENTS", public, ""},
		{"two recipients", "BACKUP_AGE_RECIPIENTS", public + "," + public, ""},
		{"nobody could read it, or everybody", "BACKUP_AGE_RECIPIENTS", "", "BACKUP_AGE_RECIPIENTS"},
		{"the secret half", "BACKUP_AGE_RECIPIENTS", "AGE-SECRET-KEY-1HUNTER2", "BACKUP_AGE_RECIPIENTS"},
		{"no address", "AWS_ENDPOINT_URL_S3", "", "AWS_ENDPOINT_URL_S3"},
		{"no key", "AWS_SECRET_ACCESS_KEY", "", "AWS_SECRET_ACCESS_KEY"},
		{"no id", "AWS_ACCESS_KEY_ID", "", "AWS_ACCESS_KEY_ID"},
		{"no patience", "BACKUP_STALL_TIMEOUT", "1ms", "BACKUP_STALL_TIMEOUT"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("BACKUP_AGE_RECIPIENTS", public)
			for name, value := range asFlySetsThem {
				t.Setenv(name, value)
			}
			t.Setenv(test.variable, test.value)
			err := config.FromEnvironment()(new(storage.Config))
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "HUNTER2") {
				t.Errorf("the value is shown: %v", err)
			}
		})
	}
}
