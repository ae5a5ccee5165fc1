package engine

import (
	"testing"
	"time"
)

// TestCrowdsKeepABeat: after a crowd a batch waits for more; after a few it does not.
func TestCrowdsKeepABeat(t *testing.T) {
	t.Parallel()
	idle := make(chan time.Time)
	start := func(size int) *Engine {
		e := desk(3)
		e.cfg.Beat = time.Hour
		e.messages, e.urgent, e.timers = make(chan *Input, 3), make(chan *Input), make(chan *Input)
		e.publisher = newPublisher(e)
		e.cfg.Backlog = 1
		e.last = lastBatch{time.Now(), size}
		e.messages <- from("a", 0)
		return e
	}
	e := start(crowd - 1)
	if batch, _, err := e.collect(t.Context(), idle); err != nil || len(batch) != 1 {
		t.Errorf("after a few: %d inputs, %v", len(batch), err)
	}
	e = start(crowd)
	go func() {
		e.urgent <- from("b", 0)
		e.timers <- from("c", 0)
	}()
	if batch, _, err := e.collect(t.Context(), idle); err != nil || len(batch) != 3 || e.last.size != 3 {
		t.Errorf("after a crowd: %d inputs, %v", len(batch), err)
	}
	e = start(crowd)
	e.cfg.Beat = time.Nanosecond
	if batch, _, err := e.collect(t.Context(), idle); err != nil || len(batch) != 1 {
		t.Errorf("when the beat is over: %d inputs, %v", len(batch), err)
	}
	e = start(crowd)
	go close(e.stopping)
	if batch, _, err := e.collect(t.Context(), idle); err != nil || len(batch) > 1 {
		t.Errorf("when the engine stops: %d inputs, %v", len(batch), err)
	}
}
