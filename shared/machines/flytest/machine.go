package flytest

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// machine is one machine. The server's mu guards what changes.
type machine struct {
	server    *Server
	id, name  string
	region    string
	instance  string
	raw       json.RawMessage // its configuration as it was sent
	config    machineConfig
	behaviour Behaviour
	created   time.Time

	state   string
	reached []string // every state so far, for those who wait and look too late
	events  []event  // the newest first
	updated time.Time
	lease   *lease

	pid        int           // of its process; 0 = it runs none
	ending     chan struct{} // closed when it is not to start any more, or to go away
	isEnding   bool
	start      chan struct{} // closed when a machine that was created without starting is to; nil for the others
	startAsked bool
	requested  bool // somebody asked it to stop
	oom        bool
	dead       bool // it will never run again
	removed    bool // it goes away when it has stopped, whatever auto_destroy says
	killing    *time.Timer
}

// machineConfig is what of a configuration matters here.
type machineConfig struct {
	Image    string            `json:"image"`
	Env      map[string]string `json:"env"`
	Metadata map[string]string `json:"metadata"`
	Init     struct {
		Cmd, Entrypoint, Exec []string
	} `json:"init"`
	Guest struct {
		CPUKind  string `json:"cpu_kind"`
		CPUs     int    `json:"cpus"`
		MemoryMB int    `json:"memory_mb"`
	} `json:"guest"`
	AutoDestroy bool `json:"auto_destroy"`
	Restart     struct {
		Policy string `json:"policy"`
	} `json:"restart"`
	StopConfig struct {
		Signal, Timeout string
	} `json:"stop_config"`
	Processes []machineProcess `json:"processes"`
}

type machineProcess struct {
	Cmd              []string          `json:"cmd"`
	Env              map[string]string `json:"env"`
	IgnoreAppSecrets bool              `json:"ignore_app_secrets"`
	Secrets          []struct {
		EnvVar string `json:"env_var"`
		Name   string `json:"name"`
	} `json:"secrets"`
}

// command is what follows the image's ENTRYPOINT.
func (c machineConfig) command() []string {
	if len(c.Processes) > 0 && len(c.Processes[0].Cmd) > 0 {
		return c.Processes[0].Cmd
	}
	return c.Init.Cmd
}

// destroysItself: Fly does it with no other policy.
func (c machineConfig) destroysItself() bool { return c.AutoDestroy && c.Restart.Policy == "no" }

// event is something that happened to a machine, as the wire has it.
type event struct {
	ID        string         `json:"id"`
	Type      string         `json:"type"`
	Status    string         `json:"status"`
	Source    string         `json:"source"`
	Timestamp int64          `json:"timestamp"`
	Request   map[string]any `json:"request,omitempty"`
}

// wire is a machine as an answer shows it.
type wire struct {
	ID         string          `json:"id"`
	Name       string          `json:"name"`
	State      string          `json:"state"`
	Region     string          `json:"region"`
	ImageRef   map[string]any  `json:"image_ref"`
	InstanceID string          `json:"instance_id"`
	PrivateIP  string          `json:"private_ip"`
	CreatedAt  string          `json:"created_at"`
	UpdatedAt  string          `json:"updated_at"`
	Config     json.RawMessage `json:"config,omitempty"`
	Events     []event         `json:"events,omitempty"`
	HostStatus string          `json:"host_status,omitempty"`
	Cordoned   bool            `json:"cordoned"`
	Nonce      string          `json:"nonce,omitempty"`
}

// show is the machine as it is. The caller holds the server's mu.
func (m *machine) show(summary bool) wire {
	repository, digest, _ := strings.Cut(m.config.Image, "@")
	w := wire{
		ID: m.id, Name: m.name, State: m.state, Region: m.region, InstanceID: m.instance, PrivateIP: m.privateIP(),
		ImageRef:  map[string]any{"registry": "registry.fly.io", "repository": repository, "digest": digest},
		CreatedAt: m.created.UTC().Format(time.RFC3339), UpdatedAt: m.updated.UTC().Format(time.RFC3339),
	}
	if !summary {
		w.Config, w.Events, w.HostStatus = m.raw, slices.Clone(m.events), "ok"
	}
	return w
}

func (m *machine) privateIP() string { return "fdaa:0:1:a7b:" + m.id[:4] + ":" + m.id[4:8] + "::2" }

// enter moves the machine to another state, and notes an event unless it has no type. The caller holds the server's mu.
func (m *machine) enter(state, eventType, source string, request map[string]any) {
	m.state, m.updated = state, time.Now()
	m.reached = append(m.reached, state)
	if eventType != "" {
		happened := event{ID: randomID(13), Type: eventType, Status: state, Source: source, Timestamp: m.updated.UnixMilli(), Request: request}
		m.events = append([]event{happened}, m.events...)
	}
	m.server.broadcast()
}

// gone reports whether nothing can happen to the machine any more. The caller holds the server's mu.
func (m *machine) gone() bool { return m.state == "destroyed" }

// environment is what the machine's process finds.
func (m *machine) environment() []string {
	env := map[string]string{"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/"}
	for _, variable := range m.server.config.Env {
		name, value, _ := strings.Cut(variable, "=")
		env[name] = value
	}
	maps.Copy(env, m.config.Env)
	m.addSecrets(env)
	group := m.config.Metadata["fly_process_group"]
	maps.Copy(env, map[string]string{
		"FLY_APP_NAME": m.server.config.App, "FLY_MACHINE_ID": m.id, "FLY_ALLOC_ID": m.id, "FLY_REGION": m.region,
		"FLY_IMAGE_REF": m.config.Image, "FLY_MACHINE_VERSION": m.instance, "FLY_PRIVATE_IP": m.privateIP(), "FLY_PROCESS_GROUP": group,
	})
	var variables []string
	for name, value := range env {
		variables = append(variables, name+"="+value)
	}
	return variables
}

// addSecrets adds the app's secrets, unless the process wants none, and those that it asks for, over plain variables of the
// same name.
func (m *machine) addSecrets(env map[string]string) {
	app := m.server.config.Secrets
	if len(m.config.Processes) == 0 {
		maps.Copy(env, app)
		return
	}
	process := m.config.Processes[0]
	maps.Copy(env, process.Env)
	if !process.IgnoreAppSecrets {
		maps.Copy(env, app)
	}
	for _, secret := range process.Secrets {
		name := secret.Name
		if name == "" {
			name = secret.EnvVar
		}
		env[secret.EnvVar] = app[name]
	}
}

// randomID is n random bytes, readable.
func randomID(n int) string {
	id := make([]byte, n)
	rand.Read(id) // it never fails
	return hex.EncodeToString(id)
}
