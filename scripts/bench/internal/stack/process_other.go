//go:build !linux

package stack

import "syscall"

// attributes set a process apart from the terminal's Ctrl-C, which is for this program.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
