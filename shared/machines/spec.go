package machines

import (
	"crypto/sha256"
	"encoding/base32"
	"io"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// Spec is a run to launch.
type Spec struct {
	RunID    string            // names the run for good: launching it again finds its machine
	Task     string            // the function's name: what follows "run"
	Slot     time.Time         // the moment the run was due at; zero for a run by hand
	Args     []string          // what follows the task's name
	Env      map[string]string // beside what the placement gives every task; names that are secrets of the app are left out
	Region   string            // this one only; empty = the configured ones, in order
	MemoryMB int               // 0 = 256; rounded up to what Fly sells. A child process takes what it needs
	Deadline time.Time         // when whoever watches may end it; a child process is ended then
	Output   io.Writer         // also gets what a child process prints, as it does
}

const (
	memoryStep = 256  // Fly sells memory in such pieces
	maxMemory  = 2048 // and so much at most with one shared CPU

	maxTask  = 41 // like that of any function
	maxRunID = 128
)

// Lengths are checked apart: counted repetitions make an expression large, and these are compiled at every start.
var (
	taskForm   = regexp.MustCompile(`^[a-z][a-z0-9-]*[a-z0-9]$`)
	runForm    = regexp.MustCompile(`^[A-Za-z0-9._:-]+$`)
	regionForm = regexp.MustCompile(`^[a-z]+$`)
	envForm    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// Name is the machine's: the same for the same run, unique among machines that live at the same time, fit for DNS. That
// it is unique is what stops a second machine where nothing else does, so all runs of a slot share it.
func (s Spec) Name() string {
	if !s.Slot.IsZero() {
		return s.Task + "-" + strconv.FormatInt(s.Slot.Unix(), 10)
	}
	sum := sha256.Sum256([]byte(s.RunID))
	hash := strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10]))
	return s.Task + "-" + hash // at most 41 + 1 + 16 characters; a label of DNS has 63
}

// check refuses what a platform would refuse later, or worse, silently ignore.
func (s Spec) check() error {
	var wrong []fault.Field
	refuse := func(bad bool, field, message string) {
		if bad {
			wrong = append(wrong, fault.Field{Field: field, Message: message})
		}
	}
	refuse(!runForm.MatchString(s.RunID) || len(s.RunID) > maxRunID, "run_id", "must be 1 to 128 letters, digits or ._:-")
	refuse(!taskForm.MatchString(s.Task) || len(s.Task) > maxTask, "task", "must be the name of a task")
	refuse(s.Region != "" && !regionForm.MatchString(s.Region), "region", "must be a region of Fly, such as gru")
	refuse(s.MemoryMB < 0 || s.MemoryMB > maxMemory, "memory", "must be at most 2048 MB")
	refuse(s.Deadline.IsZero(), "deadline", "is missing")
	for name, value := range s.Env {
		refuse(!envForm.MatchString(name), "env", name+" cannot be the name of a variable")
		refuse(strings.HasPrefix(name, "FLY_"), "env", name+": names that begin with FLY_ are the platform's")
		refuse(name == EnvRunID || name == EnvDeadline, "env", name+" is set for every task")
		refuse(strings.Contains(value, "\x00"), "env", name+" holds a NUL character")
	}
	for _, arg := range s.Args {
		refuse(strings.Contains(arg, "\x00"), "args", "hold a NUL character")
	}
	if len(wrong) == 0 {
		return nil
	}
	sentences := make([]string, len(wrong))
	for i, w := range wrong {
		sentences[i] = w.Field + " " + w.Message
	}
	return fault.ErrInvalid.WithDetail(strings.Join(sentences, "; ")).WithFields(wrong...)
}

// command is what follows the binary's name: the image's ENTRYPOINT is the binary.
func (s Spec) command() []string {
	return append([]string{"run", s.Task}, s.Args...)
}

// memory is MemoryMB in pieces that are sold.
func (s Spec) memory() int {
	return max(1, (s.MemoryMB+memoryStep-1)/memoryStep) * memoryStep
}

// environment is what every task finds, and what this one is given.
func (s Spec) environment() map[string]string {
	env := map[string]string{EnvRunID: s.RunID, EnvDeadline: s.Deadline.UTC().Format(time.RFC3339)}
	maps.Copy(env, s.Env)
	return env
}
