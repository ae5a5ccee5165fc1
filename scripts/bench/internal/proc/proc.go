// Package proc reads from /proc what processes use: CPU time and memory.
//
// Model: a [Usage] is a reading of one process, or of a server process together with those that it started. Memory of one
// process is its resident set; of a group it is the proportional set, in which a page that several share counts once.
// Guarantees: CPU time never goes down between two readings of a living group, since what ended children used is in it.
// Failures: where there is no /proc, or the process has ended, a reading fails. CPU time has the kernel's grain of 10 ms.
package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
)

// tick is the unit of CPU times in /proc: USER_HZ is 100 on every architecture that Linux runs on today.
const tick = time.Second / 100

// Usage is what a process or a group has used so far, and the memory that it has now.
type Usage struct {
	CPU    time.Duration
	Memory int64 // bytes
}

// stat is the part of /proc/<pid>/stat that is needed here.
type stat struct {
	parent      int
	own, reaped time.Duration // reaped is that of ended children
}

var errForm = errors.New("not of the documented form")

// parseStat reads a stat line. The program's name stands in brackets and may hold blanks and brackets itself.
func parseStat(line []byte) (stat, error) {
	end := bytes.LastIndexByte(line, ')')
	if end < 0 {
		return stat{}, errForm
	}
	fields := bytes.Fields(line[end+1:]) // from the third field, the state, on
	const parent, user, system, reapedUser, reapedSystem = 1, 11, 12, 13, 14
	if len(fields) <= reapedSystem {
		return stat{}, errForm
	}
	var numbers [reapedSystem + 1]int64
	for _, i := range []int{parent, user, system, reapedUser, reapedSystem} {
		n, err := strconv.ParseInt(string(fields[i]), 10, 64)
		if err != nil {
			return stat{}, errForm
		}
		numbers[i] = n
	}
	return stat{
		parent: int(numbers[parent]), own: time.Duration(numbers[user]+numbers[system]) * tick,
		reaped: time.Duration(numbers[reapedUser]+numbers[reapedSystem]) * tick,
	}, nil
}

// parseKilobytes finds "name:   123 kB" and gives bytes.
func parseKilobytes(text []byte, name string) (int64, error) {
	for line := range bytes.Lines(text) {
		rest, ok := bytes.CutPrefix(line, []byte(name+":"))
		if !ok {
			continue
		}
		fields := bytes.Fields(rest)
		if len(fields) != 2 || string(fields[1]) != "kB" {
			return 0, errForm
		}
		n, err := strconv.ParseInt(string(fields[0]), 10, 64)
		if err != nil {
			return 0, errForm
		}
		return n << 10, nil
	}
	return 0, fmt.Errorf("no line %s: %w", name, errForm)
}

// parseMachine gives the CPU time that the whole machine has spent working, from /proc/stat.
func parseMachine(text []byte) (time.Duration, error) {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	fields := bytes.Fields(line)
	const last = 8
	if len(fields) <= last || string(fields[0]) != "cpu" {
		return 0, errForm
	}
	var sum int64
	for _, i := range []int{1, 2, 3, 6, 7, last} { // user, nice, system, irq, softirq, steal: all but idle and waiting
		n, err := strconv.ParseInt(string(fields[i]), 10, 64)
		if err != nil {
			return 0, errForm
		}
		sum += n
	}
	return time.Duration(sum) * tick, nil
}

func read(pid int, name string) ([]byte, error) {
	return os.ReadFile("/proc/" + strconv.Itoa(pid) + "/" + name)
}

// Of reads one process.
func Of(pid int) (Usage, error) {
	line, err := read(pid, "stat")
	if err != nil {
		return Usage{}, err
	}
	s, err := parseStat(line)
	if err != nil {
		return Usage{}, fmt.Errorf("/proc/%d/stat: %w", pid, err)
	}
	text, err := read(pid, "status")
	if err != nil {
		return Usage{}, err
	}
	memory, err := parseKilobytes(text, "VmRSS")
	if err != nil {
		return Usage{}, fmt.Errorf("/proc/%d/status: %w", pid, err)
	}
	return Usage{CPU: s.own, Memory: memory}, nil
}

// OfFamily reads a process and its children, such as a Postgres server.
func OfFamily(pid int) (Usage, error) {
	line, err := read(pid, "stat")
	if err != nil {
		return Usage{}, err
	}
	head, err := parseStat(line)
	if err != nil {
		return Usage{}, fmt.Errorf("/proc/%d/stat: %w", pid, err)
	}
	sum := Usage{CPU: head.own + head.reaped, Memory: share(pid)}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return Usage{}, err
	}
	for _, e := range entries {
		child, err := strconv.Atoi(e.Name())
		if err != nil {
			continue // not a process
		}
		line, err := read(child, "stat")
		if err != nil {
			continue // it has ended since; its parent's next reading has it
		}
		if s, err := parseStat(line); err == nil && s.parent == pid {
			sum.CPU += s.own + s.reaped
			sum.Memory += share(child)
		}
	}
	return sum, nil
}

// share is a process's proportional set, 0 where it may not be read.
func share(pid int) int64 {
	text, err := read(pid, "smaps_rollup")
	if err != nil {
		return 0
	}
	bytes, err := parseKilobytes(text, "Pss")
	if err != nil {
		return 0
	}
	return bytes
}

// Machine is the CPU time that all processes and the kernel have used since the machine started.
func Machine() (time.Duration, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	return parseMachine(text)
}
