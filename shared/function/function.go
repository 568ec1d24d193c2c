// Package function is the contract between the router and what it runs. A function is plain data, its Spec, and a way to
// build it; what triggers it is a request (Serve), a job in the queue (Consume), or the clock and operators (Run). Timeout,
// concurrency, body size, panic isolation and metrics are enforced here, whatever the function does.
package function

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/queue"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// Spec says everything about a function that can be known without building it.
type Spec struct {
	Name, Summary string
	Routes        []string      // ServeMux patterns; HTTP functions only
	Docs          []web.Doc     // what OpenAPI says of the routes; every JSON route has one
	Public        bool          // anybody on the Internet may call it: rate limited per client, open to ALLOWED_ORIGINS
	Quiet         bool          // probes call it all day: successes are not logged
	Every         time.Duration // tasks only: period, aligned to the clock; 0 = by hand
	Timeout       time.Duration // one request, one job, or one run; mandatory
	Concurrency   int           // at once per process; one request more gets 503 + Retry-After, a job waits
	MaxBody       int64         // bytes of a request's body
	Connections   int           // its share of the database pool: how many it may hold at once; 0 = it has no use for any
	MemoryMB      int           // the machine that a task is launched on
	Flags         []Flag        // tasks only: what may be said to a run; see ParseArgs
}

// Trigger is what sets a function off.
type Trigger string

// The triggers.
const (
	Request Trigger = "request"
	Queued  Trigger = "queue"
	Clock   Trigger = "task"
)

// Worker does one job.
type Worker[J queue.Job] func(context.Context, J) error

// Task runs to completion.
type Task func(context.Context) error

// Loader fills and checks a configuration; see config.Loader.
type Loader = config.Loader

// Function is a Spec with the means to build what it describes. Make one with Serve, Consume or Run.
type Function struct {
	Spec
	Trigger Trigger
	Kind    string // of the jobs it consumes

	check     func(Loader) error
	variables []string
	declared  queue.Consumer
	handler   func(context.Context, Loader) (http.Handler, error)
	consumer  func(context.Context, Loader) (queue.Consumer, error)
	task      func(context.Context, Loader) (Task, error)
}

// Variables lists the environment variables that the function's configuration reads.
func (f Function) Variables() []string { return f.variables }

// Serve declares a function that is triggered by requests. C is its configuration; build gets it loaded and checked.
func Serve[C any](spec Spec, build func(context.Context, C) (http.Handler, error)) Function {
	f := declare[C](spec, Request)
	f.handler = func(ctx context.Context, load Loader) (http.Handler, error) { return built(ctx, spec, load, build) }
	return f
}

// Consume declares a function that is triggered by jobs of the kind J. They wait in a queue of their own, named like the
// function, so that a backlog here delays nobody else.
func Consume[C any, J queue.Job](spec Spec, build func(context.Context, C) (Worker[J], error)) Function {
	var job J
	f := declare[C](spec, Queued)
	f.Kind = job.Kind()
	f.declared = queue.Declare[J](spec.Name, spec.Timeout)
	f.consumer = func(ctx context.Context, load Loader) (queue.Consumer, error) {
		work, err := built(ctx, spec, load, build)
		if err != nil {
			return queue.Consumer{}, err
		}
		return queue.Consume(spec.Name, spec.Concurrency, spec.Timeout, work), nil
	}
	return f
}

// Run declares a function that is triggered by the clock or by an operator, and runs to completion.
func Run[C any](spec Spec, build func(context.Context, C) (Task, error)) Function {
	f := declare[C](spec, Clock)
	f.task = func(ctx context.Context, load Loader) (Task, error) { return built(ctx, spec, load, build) }
	return f
}

func declare[C any](spec Spec, trigger Trigger) Function {
	var c C
	return Function{
		Spec: spec, Trigger: trigger, variables: config.Variables(&c),
		check: func(load Loader) error { var c C; return load(&c) },
	}
}

func built[C, T any](ctx context.Context, spec Spec, load Loader, build func(context.Context, C) (T, error)) (T, error) {
	var c C
	var none T
	if err := load(&c); err != nil {
		return none, fmt.Errorf("%s: %w", spec.Name, err)
	}
	made, err := build(ctx, c)
	if err != nil {
		return none, fmt.Errorf("%s: %w", spec.Name, err)
	}
	return made, nil
}
