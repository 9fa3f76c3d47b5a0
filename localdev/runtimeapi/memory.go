package runtimeapi

// memoryUse is the resident memory of a process in bytes, 0 if unknown.
type memoryUse struct{ now, max int64 }
