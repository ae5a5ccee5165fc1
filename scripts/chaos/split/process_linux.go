package split

import "syscall"

// attributes set a process apart from the terminal's signals, since it is stopped in its turn, and have the kernel end it
// when this one ends.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
