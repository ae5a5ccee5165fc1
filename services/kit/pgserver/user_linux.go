package pgserver

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Capabilities that let a process enter any folder; see capabilities(7).
const (
	capOverride   = 1 // CAP_DAC_OVERRIDE
	capReadSearch = 2 // CAP_DAC_READ_SEARCH
)

// bind makes the kernel end the process when this one ends: at once for the server, which recovers at its next start.
func bind(a *syscall.SysProcAttr, longLived bool) {
	a.Pdeathsig = syscall.SIGKILL
	if longLived {
		a.Pdeathsig = syscall.SIGQUIT
	}
}

// reach lets the server into a folder of its own that lies below one which its user may not enter, such as /root: it
// keeps the one capability that allows this, if this process has it. Files of others it is not asked to touch.
func reach(a *syscall.SysProcAttr, u user, dir string) {
	if reachable(u, dir) {
		return
	}
	have := effective()
	for _, c := range []uint{capReadSearch, capOverride} {
		if have&(1<<c) != 0 {
			a.AmbientCaps = append(a.AmbientCaps, uintptr(c))
			return
		}
	}
}

// reachable says whether the user may enter every folder above dir.
func reachable(u user, dir string) bool {
	for parent := filepath.Dir(dir); ; parent = filepath.Dir(parent) {
		info, err := os.Stat(parent)
		if err != nil {
			return false
		}
		st, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return false
		}
		var bit os.FileMode
		switch {
		case st.Uid == u.uid:
			bit = 0o100
		case st.Gid == u.gid || slices.Contains(u.groups, st.Gid):
			bit = 0o010
		default:
			bit = 0o001
		}
		if info.Mode().Perm()&bit == 0 {
			return false
		}
		if parent == filepath.Dir(parent) {
			return true
		}
	}
}

// effective is this process's effective capabilities as bits.
func effective() uint64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if hex, found := strings.CutPrefix(line, "CapEff:"); found {
			bits, err := strconv.ParseUint(strings.TrimSpace(hex), 16, 64)
			if err != nil {
				return 0
			}
			return bits
		}
	}
	return 0
}
