package function

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Flag is something that may be said to one run of a task: --feed 3.
type Flag struct {
	Name string // feed
	// Value stands for what follows the name, in capitals; "" = nothing does, the flag is a switch. An ID is a whole number from
	// 1 on; anything else, as DATE, is a text that is not empty, and the task's to understand.
	Value string
	Help  string // what it does, for router list
}

// ID is the Value of a flag that takes the number of a row.
const ID = "ID"

var (
	flagForm  = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	valueForm = regexp.MustCompile(`^[A-Z]*$`)
)

// String is how the flag is typed: "--feed ID".
func (f Flag) String() string {
	return strings.TrimRight("--"+f.Name+" "+f.Value, " ")
}

// wrong says what is wrong with a flag that stands after others; "" = nothing.
func (f Flag) wrong(others []Flag) string {
	switch {
	case !flagForm.MatchString(f.Name):
		return "must have a name of lower-case letters and digits, with single hyphens in between"
	case slices.ContainsFunc(others, func(o Flag) bool { return o.Name == f.Name }):
		return "is there twice"
	case !valueForm.MatchString(f.Value):
		return "must have a value that is written in capitals, or none"
	case f.Help == "":
		return "does not say what it does"
	}
	return ""
}

// accepts returns what a value has to be like that the flag does not take; "" = it takes it.
func (f Flag) accepts(value string) (must string) {
	if f.Value == ID {
		if n, err := strconv.ParseInt(value, 10, 64); err != nil || n < 1 {
			return "must be a whole number from 1 on"
		}
	}
	if value == "" {
		return "must be something"
	}
	return ""
}

// Values is what was said to a run of a task, by the names of its flags. It has been checked.
type Values map[string]string

// Has reports whether a flag was given.
func (v Values) Has(name string) bool {
	_, given := v[name]
	return given
}

// ID is the number that was given for a flag; 0 = none was.
func (v Values) ID(name string) int64 {
	n, err := strconv.ParseInt(v[name], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// ParseArgs reads what follows a task's name: --feed 3, --feed=3 and -feed 3 say the same. What the task does not take is an
// error of one line that names all that it takes.
func (s Spec) ParseArgs(args []string) (Values, error) {
	values := make(Values)
	for len(args) > 0 {
		given := args[0]
		args = args[1:]
		name, value, joined := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(given, "-"), "-"), "=")
		i := slices.IndexFunc(s.Flags, func(f Flag) bool { return f.Name == name })
		if !strings.HasPrefix(given, "-") || i < 0 {
			return nil, fmt.Errorf("%s does not take %q; %s", s.Name, given, s.takes())
		}
		flag := s.Flags[i]
		switch {
		case values.Has(name):
			return nil, fmt.Errorf("%s: --%s is given twice", s.Name, name)
		case flag.Value == "" && joined:
			return nil, fmt.Errorf("%s: --%s takes no value; leave it out where it is not meant", s.Name, name)
		case flag.Value == "":
			values[name] = ""
			continue
		case !joined && (len(args) == 0 || strings.HasPrefix(args[0], "-")):
			return nil, fmt.Errorf("%s: --%s lacks its value: %s", s.Name, name, flag)
		case !joined:
			value, args = args[0], args[1:]
		}
		if must := flag.accepts(value); must != "" {
			return nil, fmt.Errorf("%s: --%s %s, not %q", s.Name, name, must, value)
		}
		values[name] = value
	}
	return values, nil
}

// takes says what may be said to a task.
func (s Spec) takes() string {
	if len(s.Flags) == 0 {
		return "it takes no arguments"
	}
	all := make([]string, len(s.Flags))
	for i, f := range s.Flags {
		all[i] = f.String()
	}
	return "it takes: " + strings.Join(all, ", ")
}
