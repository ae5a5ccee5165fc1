package world

import (
	"strconv"
	"testing"
)

func TestTheLedgerKeepsItsNewestRows(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, effectsPerChunk - 1, effectsPerChunk, 2*effectsPerChunk + 3} {
		t.Run(strconv.Itoa(limit), func(t *testing.T) {
			t.Parallel()
			w := New(began, 1, false, Limits{Effects: limit}, Settings{})
			for n := 1; n <= 5*effectsPerChunk; n++ {
				w.ledger.add(Effect{Line: n}, Request{})
				if n != 1 && n != limit && n != limit+1 && n != 5*effectsPerChunk {
					continue
				}
				kept := w.Effects(0, 0, nil)
				tally := w.Tally()
				if want := min(n, limit); len(kept) != want || tally.Kept != want || tally.Forgotten != uint64(n-want) {
					t.Fatalf("after %d: %d kept, %+v", n, len(kept), tally)
				}
				for i, e := range kept {
					if want := n - len(kept) + 1 + i; e.Line != want || e.Number != uint64(want) {
						t.Fatalf("after %d: row %d is %+v", n, want, e)
					}
				}
			}
		})
	}
}
