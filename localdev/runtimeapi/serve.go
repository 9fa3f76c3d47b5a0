package runtimeapi

import "time"

// serve gives the process an event and waits for the answer. begun is false if the
// process ended before it took the event.
func (in *instance) serve(j *invocation) (o outcome, begun bool) {
	in.out.clearRecent()
	start := time.Now()
	defer func() { j.duration = time.Since(start) }()
	select {
	case in.invocations <- j:
	case <-in.exited:
		return outcome{err: in.crash(j)}, false
	case <-j.limit.C:
		return in.timeOut(j), true
	}
	select {
	case o = <-j.result:
	case <-in.exited:
		select {
		case o = <-j.result: // it answered and then ended
		default:
			o.err = in.crash(j)
		}
	case <-j.limit.C:
		o = in.timeOut(j)
	}
	return o, true
}

func (in *instance) timeOut(j *invocation) outcome {
	in.maxMemory() // before the process is gone
	in.kill()
	<-in.exited
	if in.fn.isClosed() {
		return outcome{err: ErrClosed}
	}
	return outcome{err: &TimeoutError{Function: in.fn.cfg.Name, RequestID: j.id, After: in.fn.cfg.Timeout}}
}

// waitUntilReady waits until the process asks for the next event. Lambda counts the
// current event as finished at that moment. It reports whether the process can be
// used again.
func (in *instance) waitUntilReady(j *invocation) bool {
	defer j.limit.Stop()
	select {
	case <-in.ready:
		return true
	case <-in.exited:
		return false
	case <-j.limit.C:
		in.kill()
		<-in.exited
		return false
	}
}
