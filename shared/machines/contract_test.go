package machines_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/machines"
)

// placements are all that keep the contract.
var placements = map[string]func(*testing.T, ...change) *bench{"exec": onExec, "fly": onFly}

func TestAnExitCodeIsToldAsItWas(t *testing.T) {
	t.Parallel()
	for name, open := range placements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			for _, code := range []int{0, 1, 7} {
				m := b.launch(t, b.spec("exit", strconv.Itoa(code)))
				exit := b.end(t, m.ID)
				if exit.Code != code || exit.Signal != 0 || exit.OOM || exit.Requested {
					t.Errorf("a task that left with %d: %+v", code, exit)
				}
				if since := time.Since(exit.At); since < 0 || since > patience {
					t.Errorf("left at %s", exit.At)
				}
			}
		})
	}
}

func TestALaunchedMachineIsWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	for name, open := range placements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			spec := b.spec("hold", "--cabin", "sur y norte")
			spec.Slot = time.Unix(1_795_442_400, 0)
			spec.Env["COLOUR"] = "verde = green"
			launched := b.launch(t, spec)
			task := b.tasks.next(t)

			m, err := b.Inspect(t.Context(), launched.ID)
			must(t, err)
			if m.ID != launched.ID || m.Name != "hold-1795442400" || m.Task != "hold" || m.RunID != spec.RunID || m.State != machines.Running || m.Exit != nil {
				t.Errorf("inspected: %+v", m)
			}
			if !m.Deadline.Equal(spec.Deadline) && !m.Deadline.Equal(spec.Deadline.Truncate(time.Second)) {
				t.Errorf("deadline %s, want %s", m.Deadline, spec.Deadline)
			}
			if since := time.Since(m.CreatedAt); since < -time.Second || since > patience {
				t.Errorf("created at %s", m.CreatedAt)
			}
			if want := []string{"run", "hold", "--cabin", "sur y norte"}; !slices.Equal(task.Args, want) {
				t.Errorf("arguments %q, want %q", task.Args, want)
			}
			for name, want := range map[string]string{
				"COLOUR": "verde = green", machines.EnvRunID: spec.RunID, machines.EnvDeadline: spec.Deadline.UTC().Format(time.RFC3339),
			} {
				if got, _ := task.environ(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
			task.leave(t, 0)
			b.end(t, m.ID)
		})
	}
}

func TestTheLaunchTokenIsInNoTask(t *testing.T) {
	t.Parallel()
	for name, open := range placements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			b.launch(t, b.spec("hold"))
			task := b.tasks.next(t)
			for _, variable := range task.Env {
				if strings.Contains(variable, launchToken) {
					t.Errorf("the task has %s", variable)
				}
			}
			if database, _ := task.environ("DATABASE_URL"); b.server != nil && database != "postgres://secret" {
				t.Errorf("the other secrets are missing too: %q", task.Env)
			}
		})
	}
}

func TestATaskMayIgnoreThatItIsAskedToEnd(t *testing.T) {
	t.Parallel()
	for name, open := range placements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			m := b.launch(t, b.spec("stubborn"))
			task := b.tasks.next(t)
			must(t, b.Stop(t.Context(), m.ID, 100*time.Millisecond))
			exit := b.end(t, m.ID)
			if exit.Signal != 9 || exit.Code != 137 || !exit.Requested {
				t.Errorf("killed: %+v", exit)
			}
			task.gone(t)
		})
	}
}

func TestATaskEndsInPeaceWhenItIsAskedTo(t *testing.T) {
	t.Parallel()
	for name, open := range placements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			m := b.launch(t, b.spec("polite"))
			b.tasks.next(t)
			must(t, b.Stop(t.Context(), m.ID, 0)) // the usual grace, and not none at all
			if exit := b.end(t, m.ID); exit.Code != 0 || exit.Signal != 0 || !exit.Requested {
				t.Errorf("asked to end: %+v", exit)
			}
			must(t, b.Stop(t.Context(), m.ID, time.Second))
			must(t, b.Destroy(t.Context(), m.ID))
		})
	}
}

func TestADestroyedMachineIsGoneAtOnce(t *testing.T) {
	t.Parallel()
	for name, open := range placements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			m := b.launch(t, b.spec("stubborn"))
			task := b.tasks.next(t)
			must(t, b.Destroy(t.Context(), m.ID))
			exit := b.end(t, m.ID)
			if exit.Signal != 9 || !exit.Requested {
				t.Errorf("destroyed: %+v", exit)
			}
			task.gone(t)
			if live := b.list(t, machines.Filter{}); len(live) != 0 {
				t.Errorf("still listed: %+v", live)
			}
		})
	}
}

func TestAMachineTakesAllItsProcessesWithIt(t *testing.T) {
	t.Parallel()
	for name, open := range placements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			m := b.launch(t, b.spec("family"))
			one, two := b.tasks.next(t), b.tasks.next(t)
			if len(one.Args) > 1 && one.Args[1] == "hold" {
				one, two = two, one
			}
			one.leave(t, 0)
			if exit := b.end(t, m.ID); exit.Code != 0 {
				t.Errorf("the task: %+v", exit)
			}
			two.gone(t)
		})
	}
}

func TestAMachineGoesOnWhenNobodyWaitsAnyMore(t *testing.T) {
	t.Parallel()
	for name, open := range placements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			m := b.launch(t, b.spec("hold"))
			task := b.tasks.next(t)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := b.Wait(ctx, m.ID)
			is(t, err, context.Canceled)
			task.lives(t)
			task.leave(t, 3)
			if exit := b.end(t, m.ID); exit.Code != 3 {
				t.Errorf("left alone: %+v", exit)
			}
		})
	}
}

func TestARunHasOneMachineHoweverOftenItIsLaunched(t *testing.T) {
	t.Parallel()
	for name, open := range placements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			spec := b.spec("hold")
			first := b.launch(t, spec)
			task := b.tasks.next(t)
			if again := b.launch(t, spec); again.ID != first.ID {
				t.Errorf("launched again while it runs: %s, then %s", first.ID, again.ID)
			}
			task.leave(t, 7)
			b.end(t, first.ID)
			again := b.launch(t, spec)
			if again.ID != first.ID || again.Exit == nil || again.Exit.Code != 7 {
				t.Errorf("launched again after its end: %+v", again)
			}
		})
	}
}

func TestARunHasOneMachineHoweverManyLaunchItAtOnce(t *testing.T) {
	t.Parallel()
	for name, open := range placements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			spec := b.spec("hold")
			ids := make([]string, 6)
			var all sync.WaitGroup
			for i := range ids {
				all.Go(func() {
					client := []machines.Placement{b.Placement, b.other}[i%2]
					m, err := client.Launch(t.Context(), spec)
					if err != nil {
						t.Errorf("launch %d: %v", i, err)
					}
					ids[i] = m.ID
				})
			}
			all.Wait()
			if slices.Sort(ids); ids[0] != ids[5] {
				t.Errorf("different machines: %q", ids)
			}
			if found := b.list(t, machines.Filter{RunID: spec.RunID, Over: true}); len(found) != 1 {
				t.Errorf("there are %d machines", len(found))
			}
			b.tasks.next(t).leave(t, 0)
		})
	}
}

func TestASlotIsNotRunByTwoRuns(t *testing.T) {
	t.Parallel()
	for name, open := range placements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			first, second := b.spec("hold"), b.spec("hold")
			first.Slot = time.Unix(1_795_442_400, 0)
			second.Slot = first.Slot
			m := b.launch(t, first)
			_, err := b.Launch(t.Context(), second)
			is(t, err, machines.ErrNameTaken)
			b.tasks.next(t).leave(t, 1)
			b.end(t, m.ID)
			if again := b.launch(t, second); again.ID == m.ID || again.RunID != second.RunID {
				t.Errorf("a second try after the first has failed: %+v", again)
			}
		})
	}
}

func TestThereIsALimitToMachinesAtOnce(t *testing.T) {
	t.Parallel()
	change := with(func(c *machines.Config, _ *machines.Deps) { c.Max = 2 })
	for name, open := range placements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, change)
			first := b.launch(t, b.spec("hold"))
			task := b.tasks.next(t)
			b.launch(t, b.spec("hold"))
			b.tasks.next(t)
			refused := b.spec("exit", "0")
			_, err := b.Launch(t.Context(), refused)
			is(t, err, machines.ErrTooMany)
			task.leave(t, 0)
			b.end(t, first.ID)
			b.launch(t, refused)
		})
	}
}

func TestThereIsALimitToLaunchesADay(t *testing.T) {
	t.Parallel()
	now := time.Now()
	change := with(func(c *machines.Config, d *machines.Deps) { c.MaxPerDay, d.Now = 2, func() time.Time { return now } })
	for name, open := range placements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, change)
			spec := b.spec("exit", "0")
			b.end(t, b.launch(t, spec).ID)
			b.launch(t, b.spec("exit", "0"))
			_, err := b.Launch(t.Context(), b.spec("exit", "0"))
			is(t, err, machines.ErrBudget)
			if again := b.launch(t, spec); !again.Over() {
				t.Errorf("a run that was launched already costs nothing: %+v", again)
			}
		})
	}
}

func TestLaunchesOfOthersCountToo(t *testing.T) {
	t.Parallel()
	change := with(func(c *machines.Config, d *machines.Deps) {
		c.MaxPerDay = 5
		d.Launched = func(_ context.Context, since time.Time) (int, error) {
			if day := time.Since(since); day < 24*time.Hour || day > 25*time.Hour {
				t.Errorf("launches were counted since %s ago", day)
			}
			return 5, nil
		}
	})
	for name, open := range placements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, change)
			_, err := b.Launch(t.Context(), b.spec("exit", "0"))
			is(t, err, machines.ErrBudget)
		})
	}
}

func TestNothingIsLaunchedThatCannotBeCounted(t *testing.T) {
	t.Parallel()
	gone := errors.New("the database is gone")
	change := with(func(_ *machines.Config, d *machines.Deps) {
		d.Launched = func(context.Context, time.Time) (int, error) { return 0, gone }
	})
	for name, open := range placements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, change)
			_, err := b.Launch(t.Context(), b.spec("exit", "0"))
			is(t, err, gone)
			if found := b.list(t, machines.Filter{Over: true}); len(found) != 0 {
				t.Errorf("launched all the same: %+v", found)
			}
		})
	}
}

func TestMachinesAreListedByTaskAndRun(t *testing.T) {
	t.Parallel()
	for name, open := range placements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			held, polite, over := b.spec("hold"), b.spec("polite"), b.spec("exit", "0")
			b.launch(t, held)
			b.tasks.next(t)
			b.launch(t, polite)
			b.tasks.next(t)
			b.end(t, b.launch(t, over).ID)
			for name, test := range map[string]struct {
				filter machines.Filter
				want   []string
			}{
				"those that live":        {machines.Filter{}, []string{held.RunID, polite.RunID}},
				"all":                    {machines.Filter{Over: true}, []string{held.RunID, polite.RunID, over.RunID}},
				"of a task":              {machines.Filter{Task: "polite"}, []string{polite.RunID}},
				"of a task that is over": {machines.Filter{Task: "exit"}, nil},
				"of a run":               {machines.Filter{RunID: over.RunID, Over: true}, []string{over.RunID}},
				"of no run":              {machines.Filter{RunID: "nobody", Over: true}, nil},
			} {
				var got []string
				for _, m := range b.list(t, test.filter) {
					got = append(got, m.RunID)
				}
				slices.Sort(got)
				slices.Sort(test.want)
				if !slices.Equal(got, test.want) {
					t.Errorf("%s: %q, want %q", name, got, test.want)
				}
			}
		})
	}
}

func TestWhatOutlivesItsDeadlineIsReaped(t *testing.T) {
	t.Parallel()
	for name, open := range placements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			polite, stubborn, young := b.spec("polite"), b.spec("stubborn"), b.spec("hold")
			var ids []string
			for _, spec := range []machines.Spec{polite, stubborn, young} {
				if spec.Task == "hold" {
					spec.Deadline = spec.Deadline.Add(time.Hour)
				}
				ids = append(ids, b.launch(t, spec).ID)
				b.tasks.next(t)
			}
			reaped, err := machines.Reap(t.Context(), b, polite.Deadline.Add(-time.Minute))
			must(t, err)
			if len(reaped) != 0 {
				t.Fatalf("reaped before their deadline: %+v", reaped)
			}
			reaped, err = machines.Reap(t.Context(), b, polite.Deadline.Add(time.Second))
			must(t, err)
			if len(reaped) != 2 {
				t.Fatalf("reaped: %+v", reaped)
			}
			if exit := b.end(t, ids[0]); exit.Code != 0 || !exit.Requested {
				t.Errorf("one that ends when asked to: %+v", exit)
			}
			_, err = machines.Reap(t.Context(), b, stubborn.Deadline.Add(2*machines.StopGrace+time.Second))
			must(t, err)
			if exit := b.end(t, ids[1]); exit.Signal != 9 || !exit.Requested {
				t.Errorf("one that does not: %+v", exit)
			}
			if live := b.list(t, machines.Filter{}); len(live) != 1 || live[0].ID != ids[2] {
				t.Errorf("left: %+v", live)
			}
		})
	}
}

func TestNobodyKnowsAMachineThatIsNot(t *testing.T) {
	t.Parallel()
	for name, open := range placements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			for _, id := range []string{"0123456789abcd", "", "..", "a/b", "?"} {
				_, err := b.Inspect(t.Context(), id)
				is(t, err, machines.ErrGone)
				_, err = b.Wait(t.Context(), id)
				is(t, err, machines.ErrGone)
				is(t, b.Stop(t.Context(), id, 0), machines.ErrGone)
				is(t, b.Destroy(t.Context(), id), machines.ErrGone)
			}
		})
	}
}

func TestWhatNoPlatformTakesIsRefused(t *testing.T) {
	t.Parallel()
	for name, open := range placements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			for name, spoil := range map[string]func(*machines.Spec){
				"no run":             func(s *machines.Spec) { s.RunID = "" },
				"a run with a blank": func(s *machines.Spec) { s.RunID = "a b" },
				"no task":            func(s *machines.Spec) { s.Task = "" },
				"an option":          func(s *machines.Spec) { s.Task = "-rf" },
				"no deadline":        func(s *machines.Spec) { s.Deadline = time.Time{} },
				"too much memory":    func(s *machines.Spec) { s.MemoryMB = 4096 },
				"a region list":      func(s *machines.Spec) { s.Region = "gru,eze" },
				"Fly's variable":     func(s *machines.Spec) { s.Env["FLY_REGION"] = "gru" },
				"our variable":       func(s *machines.Spec) { s.Env[machines.EnvRunID] = "other" },
				"no variable":        func(s *machines.Spec) { s.Env["A=B"] = "c" },
				"a NUL":              func(s *machines.Spec) { s.Args = []string{"a\x00b"} },
			} {
				spec := b.spec("exit", "0")
				spoil(&spec)
				_, err := b.Launch(t.Context(), spec)
				if !errors.Is(err, fault.ErrInvalid) {
					t.Errorf("%s: %v", name, err)
				}
			}
			if found := b.list(t, machines.Filter{Over: true}); len(found) != 0 {
				t.Errorf("launched all the same: %+v", found)
			}
		})
	}
}
