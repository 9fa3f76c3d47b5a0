package awstest

import (
	"net/http"
)

// Operation is an AWS operation that the server supports.
type Operation string

// The operations.
const (
	SendEmail                Operation = "SendEmail"
	GetSecretValue           Operation = "GetSecretValue"
	PutSecretValue           Operation = "PutSecretValue"
	UpdateSecretVersionStage Operation = "UpdateSecretVersionStage"
	Encrypt                  Operation = "Encrypt"
	Decrypt                  Operation = "Decrypt"
	GetObject                Operation = "GetObject"
)

// service returns the name of the operation's service in X-Amz-Target.
func (op Operation) service() string {
	if op == Encrypt || op == Decrypt {
		return "TrentService"
	}
	return "secretsmanager"
}

// Failure is an answer that the server gives instead of the right one.
type Failure struct {
	Status      int
	Code        string // the error's type, as the service names it
	Message     string
	Body        string // the whole body; if set, Code and Message are ignored
	Hang        bool   // do not answer, until the caller gives up
	AfterEffect bool   // do the work first, then fail or hang
}

// Failures as the services send them.
var (
	Throttle     = Failure{Status: http.StatusTooManyRequests, Code: "TooManyRequestsException", Message: "Rate exceeded"}
	ServerError  = Failure{Status: http.StatusInternalServerError, Code: "InternalFailure", Message: "Please try again"}
	AccessDenied = Failure{Status: http.StatusForbidden, Code: "AccessDeniedException", Message: "User is not authorized to perform this action"}
	Hang         = Failure{Hang: true}
	// Garbage is a success with a truncated body, as a proxy may produce.
	// Garbage is a success whose body breaks off, as from a proxy in between.
	Garbage = Failure{Status: http.StatusOK, Body: `{"SecretString":"gar`}
)

// Fail lets the next requests for an operation fail, one for each failure, in this
// order. Retries by the SDK count, too.
func (s *Server) Fail(op Operation, failures ...Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures[op] = append(s.failures[op], failures...)
}

// Recover removes the operation's failures that have not happened yet.
func (s *Server) Recover(op Operation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.failures, op)
}

// Times returns n copies of a failure, for Fail.
func Times(n int, f Failure) []Failure {
	list := make([]Failure, n)
	for i := range list {
		list[i] = f
	}
	return list
}

// nextFailure counts the call and removes the next failure from the queue, if any.
func (s *Server) nextFailure(op Operation) (Failure, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[op]++
	due := s.failures[op]
	if len(due) == 0 {
		return Failure{}, false
	}
	s.failures[op] = due[1:]
	return due[0], true
}

func (f Failure) write(w http.ResponseWriter, r *http.Request, s *Server) {
	switch {
	case f.Hang:
		select {
		case <-r.Context().Done():
		case <-s.closing:
		}
		panic(http.ErrAbortHandler) // no answer at all, also when the server ends
	case f.Body != "":
		w.WriteHeader(f.Status)
		w.Write([]byte(f.Body))
	default:
		writeError(w, f.Status, f.Code, f.Message)
	}
}

// writeError writes an error for both protocols: SES reads the type from the
// header (restJson1), Secrets Manager and KMS from the body (awsJson1_1).
func writeError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("X-Amzn-ErrorType", code)
	writeJSON(w, status, map[string]string{"__type": code, "message": message})
}
