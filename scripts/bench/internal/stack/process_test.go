package stack

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func testOutput(t *testing.T) *output {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &output{file: f}
}

func TestALineIsFoundWheneverItWasSaid(t *testing.T) {
	t.Parallel()
	for name, early := range map[string]bool{"before": true, "after": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := testOutput(t)
			say := func() {
				for _, part := range []string{"starting\nna", "ts nats://127.0.0.1:4", "222\nnats again\n"} {
					if _, err := o.Write([]byte(part)); err != nil {
						t.Error(err)
					}
				}
			}
			if early {
				say()
			}
			found := o.find(after("nats "))
			if !early {
				say()
			}
			if got := <-found; got != "nats://127.0.0.1:4222" {
				t.Errorf("found %q", got)
			}
		})
	}
}

func TestOnlyTheEndOfTheOutputIsKept(t *testing.T) {
	t.Parallel()
	o := testOutput(t)
	found := o.find(after("ready"))
	if _, err := o.Write([]byte("ready\n" + strings.Repeat("x\n", 10_000) + "last\n")); err != nil {
		t.Fatal(err)
	}
	<-found
	if len(o.lines) > 2*tailLines || !strings.HasSuffix(o.tail(), "last") {
		t.Errorf("%d lines are kept, the end is %q", len(o.lines), o.tail())
	}
}

func TestAServiceDoesNotInheritSettings(t *testing.T) {
	t.Parallel()
	got := clean([]string{"PATH=/bin", "SEATFLOW_NATS_URL=nats://elsewhere", "HOME=/"})
	if !slices.Equal(got, []string{"PATH=/bin", "HOME=/"}) {
		t.Errorf("%v", got)
	}
}
