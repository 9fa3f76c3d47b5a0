package runtimeapi

import "syscall"

// ownGroup puts a process into a group of its own, which can be killed whole,
// and lets it die with this one, however that ends.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
