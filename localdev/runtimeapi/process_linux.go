package runtimeapi

import "syscall"

// ownGroup puts a process into its own process group, so that all of it can be
// killed, and makes Linux kill it when this process ends.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
