package exit_test

import (
	"errors"
	"testing"

	"github.com/seatflow/seatflow/services/testkit/internal/exit"
)

func TestLastFirstAndOnce(t *testing.T) {
	var order string
	bad := errors.New("bad")
	exit.After(func() error { order += "a"; return nil })
	exit.After(func() error { order += "b"; return bad })
	if err := exit.Run(); !errors.Is(err, bad) || order != "ba" {
		t.Errorf("%v, order %s", err, order)
	}
	if err := exit.Run(); err != nil || order != "ba" {
		t.Errorf("a second time: %v, order %s", err, order)
	}
}
