package runtimeapi

import "time"

// serve gives the process an event and waits for the answer. It reports false
// if the process was gone before it could take the event.
func (in *instance) serve(j *job) (o outcome, begun bool) {
	in.out.forgetTail()
	start := time.Now()
	defer func() { j.took = time.Since(start) }()
	select {
	case in.jobs <- j:
	case <-in.exited:
		return outcome{err: in.crash(j)}, false
	case <-j.limit.C:
		return in.overdue(j), true
	}
	select {
	case o = <-j.answer:
	case <-in.exited:
		select {
		case o = <-j.answer: // its last words
		default:
			o.err = in.crash(j)
		}
	case <-j.limit.C:
		o = in.overdue(j)
	}
	return o, true
}

func (in *instance) overdue(j *job) outcome {
	in.maxMemory() // while it can be read
	in.kill()
	<-in.exited
	if in.fn.isClosed() {
		return outcome{err: ErrClosed}
	}
	return outcome{err: &TimeoutError{Function: in.fn.cfg.Name, RequestID: j.id, After: in.fn.cfg.Timeout}}
}

// settle waits until the process asks for the next event, which is when Lambda
// counts this one as over. It reports whether the process can be used again.
func (in *instance) settle(j *job) bool {
	defer j.limit.Stop()
	select {
	case <-in.asked:
		return true
	case <-in.exited:
		return false
	case <-j.limit.C:
		in.kill()
		<-in.exited
		return false
	}
}
