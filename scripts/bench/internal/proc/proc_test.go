package proc

import (
	"os"
	"runtime"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		line string
		want stat
		bad  bool
	}{
		"plain": {
			line: "812 (seatflow) S 1 812 812 0 -1 4194560 5 6 0 0 1234 66 70 30 20 0 9 0 4 5 6\n",
			want: stat{parent: 1, own: 13 * time.Second, reaped: time.Second},
		},
		"a name with blanks and brackets": {
			line: "9 (a) b) (c) R 812 9 9 0 -1 0 0 0 0 0 1 2 0 0 20 0 1 0\n",
			want: stat{parent: 812, own: 30 * time.Millisecond},
		},
		"empty":         {line: "", bad: true},
		"no name":       {line: "812 S 1 2 3", bad: true},
		"too short":     {line: "812 (x) S 1 2 3", bad: true},
		"not a number":  {line: "812 (x) S 1 2 3 0 -1 0 0 0 0 0 one 2 0 0 20", bad: true},
		"ends too soon": {line: "812 (x) S 1 2 3 0 -1 0 0 0 0 0 1 2 0", bad: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := parseStat([]byte(c.line))
			if got != c.want || (err != nil) != c.bad {
				t.Errorf("%+v, %v; want %+v", got, err, c.want)
			}
		})
	}
}

func TestParseKilobytes(t *testing.T) {
	t.Parallel()
	const text = "Name:\tx\nVmRSSx:\t  1 kB\nVmRSS:\t  2048 kB\nPss:   broken\nThreads:\t9\n"
	for name, want := range map[string]int64{"VmRSS": 2 << 20, "Pss": -1, "Threads": -1, "Missing": -1} {
		got, err := parseKilobytes([]byte(text), name)
		if want < 0 && err == nil || want >= 0 && (err != nil || got != want) {
			t.Errorf("%s: %d, %v", name, got, err)
		}
	}
}

func TestParseMachine(t *testing.T) {
	t.Parallel()
	got, err := parseMachine([]byte("cpu  100 1 20 5000 300 4 5 6 7 0\ncpu0 1 1 1 1\n"))
	if err != nil || got != 1360*time.Millisecond {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := parseMachine([]byte("cpu 1 2 3")); err == nil {
		t.Error("a short line is taken")
	}
}

func TestOwnUsage(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		if _, err := Of(os.Getpid()); err == nil {
			t.Error("a reading without /proc succeeded")
		}
		return
	}
	one, err := Of(os.Getpid())
	if err != nil || one.Memory < 1<<20 {
		t.Errorf("this process: %+v, %v", one, err)
	}
	family, err := OfFamily(os.Getpid())
	if err != nil || family.CPU < one.CPU || family.Memory == 0 {
		t.Errorf("this process and its children: %+v, %v; alone %+v", family, err, one)
	}
	if m, err := Machine(); err != nil || m < one.CPU {
		t.Errorf("the machine: %s, %v", m, err)
	}
	if _, err := Of(-1); err == nil {
		t.Error("a process that does not exist was read")
	}
}
