package stack

import "syscall"

// attributes set a process apart from the terminal's Ctrl-C, which is for this program, and end it with this program,
// however that ends.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
