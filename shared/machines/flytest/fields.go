package flytest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// What the public description of the Machines API knows. Fly ignores every other field in silence, so that a mistake in a
// name looks like a success; this server refuses it.
//
// The lists were made by hand from the newest stored copy of https://docs.machines.dev/spec/openapi3.json, which is
// cloudy-sky-software/pulumi-fly-machines, provider/cmd/pulumi-gen-fly-machines/openapi.yml (schemas CreateMachineRequest,
// fly.MachineConfig and those below, StopRequest, CreateLeaseRequest). What tasks have no use for is left out: services,
// checks, mounts, containers, standbys, statics, volumes. A request with those is refused too.

// kind is what a value has to be.
type kind string

const (
	text    kind = "text"
	whole   kind = "a whole number"
	flag    kind = "true or false"
	texts   kind = "a list of texts"
	textMap kind = "an object of texts"
)

// object is a JSON object: field → kind, object, or list.
type object map[string]any

// list is a list of objects.
type list struct{ of object }

func createFields() object {
	return object{
		"name": text, "region": text, "lease_ttl": whole, "min_secrets_version": whole,
		"skip_launch": flag, "skip_secrets": flag, "skip_service_registration": flag,
		"config": configFields(),
	}
}

func configFields() object {
	return object{
		"image": text, "env": textMap, "metadata": textMap, "auto_destroy": flag, "schedule": text, "size": text,
		"init": object{"cmd": texts, "entrypoint": texts, "exec": texts, "kernel_args": texts, "swap_size_mb": whole, "tty": flag},
		"guest": object{
			"cpu_kind": text, "cpus": whole, "memory_mb": whole, "max_memory_mb": whole, "gpus": whole, "gpu_kind": text,
			"host_dedication_id": text, "kernel_args": texts, "persist_rootfs": text,
		},
		"restart":     object{"policy": text, "max_retries": whole},
		"stop_config": object{"signal": text, "timeout": text},
		"dns": object{
			"skip_registration": flag, "nameservers": texts, "searches": texts, "hostname": text, "hostname_fqdn": text,
		},
		"processes": list{object{
			"cmd": texts, "entrypoint": texts, "exec": texts, "env": textMap, "user": text, "ignore_app_secrets": flag,
			"secrets":  list{object{"env_var": text, "name": text}},
			"env_from": list{object{"env_var": text, "field_ref": text}},
		}},
	}
}

// stopFields has one field more than the description: fly-go, and with it flyctl, repeats the id that is in the path.
func stopFields() object { return object{"signal": text, "timeout": text, "id": text} }

func leaseFields() object { return object{"ttl": whole, "description": text} }

// knownParameters are those of a query. kill is fly-go's word for the description's force.
func knownParameters(action Action) []string {
	switch action {
	case List:
		return []string{"include_deleted", "include_leases", "region", "state", "summary"} // and metadata.…
	case Get:
		return []string{"include_leases"}
	case Wait:
		return []string{"state", "timeout", "version", "instance_id", "from_event_id"}
	case Destroy:
		return []string{"force", "kill"}
	case Lease:
		return []string{"ttl"}
	case Secrets:
		return []string{"min_version", "show_secrets"}
	default:
		return nil
	}
}

// checkQuery refuses parameters that Fly would ignore.
func checkQuery(action Action, query url.Values) error {
	known := knownParameters(action)
	for name := range query {
		if !slices.Contains(known, name) && !(action == List && strings.HasPrefix(name, "metadata.")) {
			return fmt.Errorf("unknown parameter %q", name)
		}
	}
	return nil
}

// checkBody refuses a body with fields that Fly would ignore, or of a kind that it would not take.
func checkBody(body []byte, known object) error {
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return err
	}
	return known.check("", value)
}

func (o object) check(path string, value any) error {
	fields, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("%s must be an object", strings.TrimPrefix(path, "."))
	}
	for name, value := range fields {
		field := path + "." + name
		known, ok := o[name]
		if !ok {
			return fmt.Errorf("unknown field %q", strings.TrimPrefix(field, "."))
		}
		if err := checkValue(field, known, value); err != nil {
			return err
		}
	}
	return nil
}

func checkValue(path string, known, value any) error {
	switch known := known.(type) {
	case object:
		return known.check(path, value)
	case list:
		items, ok := value.([]any)
		if !ok {
			return fmt.Errorf("%s must be a list", strings.TrimPrefix(path, "."))
		}
		for i, item := range items {
			if err := known.of.check(fmt.Sprintf("%s[%d]", path, i), item); err != nil {
				return err
			}
		}
	case kind:
		if !known.fits(value) {
			return fmt.Errorf("%s must be %s", strings.TrimPrefix(path, "."), known)
		}
	}
	return nil
}

func (k kind) fits(value any) bool {
	isText := func(v any) bool { _, ok := v.(string); return ok }
	switch k {
	case text:
		return isText(value)
	case whole:
		number, ok := value.(float64)
		return ok && number == float64(int64(number))
	case flag:
		_, ok := value.(bool)
		return ok
	case texts:
		items, ok := value.([]any)
		return ok && !slices.ContainsFunc(items, func(v any) bool { return !isText(v) })
	default:
		items, ok := value.(map[string]any)
		for _, item := range items {
			ok = ok && isText(item)
		}
		return ok
	}
}
