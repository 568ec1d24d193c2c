package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/config"
)

type sample struct {
	config.Environment
	Database config.Secret `envconfig:"SAMPLE_DATABASE_URL" validate:"required,startswith=postgres://|startswith=postgresql://"`
	Key      config.Secret `envconfig:"SAMPLE_KEY" validate:"needed,key"`
	Limit    int           `envconfig:"SAMPLE_LIMIT" default:"60" validate:"min=1,max=100"`
	Patience time.Duration `envconfig:"SAMPLE_PATIENCE" default:"10s"`
	Enabled  bool          `envconfig:"SAMPLE_ENABLED" default:"true"`
	Emails   config.List   `envconfig:"SAMPLE_EMAILS" validate:"dive,email"`
}

// Not parallel: these tests are about the process's environment.
func TestLoadNamesEachVariableAndNeverItsValue(t *testing.T) {
	const good = "postgres://u:hunter2@h/db?sslmode=require"
	longKey := strings.Repeat("k", 32)
	tests := []struct {
		name string
		env  map[string]string
		want []string // "VARIABLE words of the message", none = it loads
	}{
		{"all defaults", map[string]string{"SAMPLE_DATABASE_URL": good}, nil},
		{"the other scheme", map[string]string{"SAMPLE_DATABASE_URL": "postgresql://u:hunter2@h/db"}, nil},
		{"a list as people write one", map[string]string{"SAMPLE_DATABASE_URL": good, "SAMPLE_EMAILS": " a@example.com, b@example.com ,"}, nil},
		{"a list with something else in it", map[string]string{"SAMPLE_DATABASE_URL": good, "SAMPLE_EMAILS": "a@example.com,hunter2"}, []string{"SAMPLE_EMAILS[1] must be an e-mail address"}},
		{"missing", nil, []string{"SAMPLE_DATABASE_URL is missing"}},
		{
			"wrong scheme",
			map[string]string{"SAMPLE_DATABASE_URL": "mysql://u:hunter2@h"},
			[]string{"SAMPLE_DATABASE_URL must start with postgres:// or postgresql://"},
		},
		{"not a number", map[string]string{"SAMPLE_DATABASE_URL": good, "SAMPLE_LIMIT": "hunter2"}, []string{"SAMPLE_LIMIT must be a whole number"}},
		{"not a bool", map[string]string{"SAMPLE_DATABASE_URL": good, "SAMPLE_ENABLED": "hunter2"}, []string{"SAMPLE_ENABLED must be true or false"}},
		{"not a duration", map[string]string{"SAMPLE_DATABASE_URL": good, "SAMPLE_PATIENCE": "hunter2"}, []string{"SAMPLE_PATIENCE must be a duration"}},
		{"too small", map[string]string{"SAMPLE_DATABASE_URL": good, "SAMPLE_LIMIT": "0"}, []string{"SAMPLE_LIMIT must be at least 1"}},
		{"too large", map[string]string{"SAMPLE_DATABASE_URL": good, "SAMPLE_LIMIT": "101"}, []string{"SAMPLE_LIMIT must be at most 100"}},
		{
			"unknown environment",
			map[string]string{"SAMPLE_DATABASE_URL": good, "ENVIRONMENT": "prod"},
			[]string{"ENVIRONMENT must be one of: production development test"},
		},
		{
			"production without a secret",
			map[string]string{"SAMPLE_DATABASE_URL": good, "ENVIRONMENT": "production"},
			[]string{"SAMPLE_KEY is missing: production needs it"},
		},
		{
			"production with a weak key",
			map[string]string{"SAMPLE_DATABASE_URL": good, "ENVIRONMENT": "production", "SAMPLE_KEY": "hunter2"},
			[]string{"SAMPLE_KEY is too short"},
		},
		{"production, complete", map[string]string{"SAMPLE_DATABASE_URL": good, "ENVIRONMENT": "production", "SAMPLE_KEY": longKey}, nil},
		{
			"two at once",
			map[string]string{"SAMPLE_LIMIT": "0"},
			[]string{"SAMPLE_DATABASE_URL is missing", "SAMPLE_LIMIT must be at least 1"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			err := config.FromEnvironment()(new(sample))
			checkProblems(t, err, test.want)
		})
	}
}

func checkProblems(t *testing.T, err error, want []string) {
	t.Helper()
	var got config.Problems
	if err != nil && !errors.As(err, &got) {
		t.Fatalf("not Problems: %v", err)
	}
	if len(got) != len(want) {
		t.Fatalf("got %d problems %q, want %q", len(got), err, want)
	}
	for i, problem := range got {
		line := problem.Variable + " " + problem.Message
		if !strings.Contains(line, want[i]) {
			t.Errorf("got %q, want it to say %q", line, want[i])
		}
		if strings.Contains(line, "hunter2") {
			t.Errorf("the value is shown: %q", line)
		}
	}
}

func TestSecretHidesItself(t *testing.T) {
	t.Parallel()
	secret := config.Secret("hunter2")
	encoded, err := json.Marshal(map[string]config.Secret{"key": secret})
	if err != nil {
		t.Fatal(err)
	}
	shown := []string{
		fmt.Sprint(secret), fmt.Sprintf("%s %v %q %#v %+v", secret, secret, secret, secret, struct{ S config.Secret }{secret}),
		string(encoded),
	}
	for _, text := range shown {
		if strings.Contains(text, "hunter2") {
			t.Errorf("shown: %s", text)
		}
	}
	if secret.Reveal() != "hunter2" {
		t.Error("Reveal does not reveal")
	}
	if config.Secret("").String() != "" {
		t.Error("an empty secret looks set")
	}
}

func TestVariablesListsEmbeddedOnesToo(t *testing.T) {
	t.Parallel()
	got := config.Variables(&sample{})
	for _, want := range []string{"ENVIRONMENT", "SAMPLE_DATABASE_URL", "SAMPLE_EMAILS"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not in %v", want, got)
		}
	}
}

type address struct {
	Value config.Secret `envconfig:"SAMPLE_ADDRESS" default:"good"`
}

func (a address) Check() config.Problems {
	if a.Value != "good" {
		return config.Problems{{Variable: "SAMPLE_ADDRESS", Message: "is not usable"}}
	}
	return nil
}

type other struct {
	Value string `envconfig:"SAMPLE_OTHER" default:"good"`
}

func (o other) Check() config.Problems {
	if o.Value != "good" {
		return config.Problems{{Variable: "SAMPLE_OTHER", Message: "is not usable either"}}
	}
	return nil
}

// Address and Other are embedded under exported names, as configurations of functions embed those of adapters.
type (
	Address = address
	Other   = other
)

func TestEachEmbeddedConfigurationChecksItself(t *testing.T) {
	t.Setenv("SAMPLE_ADDRESS", "hunter2")
	t.Setenv("SAMPLE_OTHER", "bad")
	checkProblems(t, config.FromEnvironment()(new(address)), []string{"SAMPLE_ADDRESS is not usable"})
	both := new(struct {
		Address
		Other
	})
	checkProblems(t, config.FromEnvironment()(both), []string{"SAMPLE_ADDRESS is not usable", "SAMPLE_OTHER is not usable either"})
}
