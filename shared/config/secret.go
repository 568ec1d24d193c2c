package config

// Secret is a value that must never be read by anybody but the code that needs it: however it is printed, logged or
// encoded, it shows only whether it is set.
type Secret string

const hidden = "[secret]"

// Reveal returns the value itself, for the one call that needs it.
func (s Secret) Reveal() string { return string(s) }

// String hides the value.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString hides the value from %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides the value from encoders: JSON, logs, flags.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
