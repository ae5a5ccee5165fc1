//go:build !linux

package split

import "syscall"

// attributes set a process apart from the terminal's signals, since it is stopped in its turn. A process whose supervisor was
// killed goes on here: this system cannot tie the two together.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
