package awstest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"
)

// Mail is a mail that was sent with SES.
type Mail struct {
	From, To, Subject, Text, HTML string
	Headers                       map[string]string
	ClickTracking, OpenTracking   string // "DISABLED", "ENABLED", or "" for the account's own setting
}

// maxBody is far above the 64 KiB limit of a secret and the size of Roster's mails.
const maxBody = 1 << 20

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Read the body before anything hangs. net/http notices that a caller has
	// gone only after that.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return
	}
	if r.Method == http.MethodPost && r.URL.Path == "/v2/email/outbound-emails" {
		s.serve(w, r, SendEmail, "ses", func(w http.ResponseWriter) { s.sendEmail(w, body) })
		return
	}
	if r.Method == http.MethodGet {
		s.serve(w, r, GetObject, "s3", func(w http.ResponseWriter) { s.getObject(w, r) })
		return
	}
	service, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	for op, work := range map[Operation]func(*Server, http.ResponseWriter, []byte){
		GetSecretValue: (*Server).getSecretValue, PutSecretValue: (*Server).putSecretValue, UpdateSecretVersionStage: (*Server).updateSecretVersionStage,
		Encrypt: (*Server).encrypt, Decrypt: (*Server).decrypt,
	} {
		if string(op) == name && op.service() == service {
			s.serve(w, r, op, signingNames[service], func(w http.ResponseWriter) { work(s, w, body) })
			return
		}
	}
	writeError(w, http.StatusBadRequest, "UnknownOperationException", "awstest does not support "+r.Method+" "+r.URL.Path)
}

// signingNames maps a service's name in X-Amz-Target to its name in the signature.
var signingNames = map[string]string{"secretsmanager": "secretsmanager", "TrentService": "kms"}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, op Operation, service string, work func(http.ResponseWriter)) {
	failure, fails := s.nextFailure(op)
	if fails && !failure.AfterEffect {
		failure.write(w, r, s)
		return
	}
	if code := checkSignature(r, service); code != "" {
		writeError(w, http.StatusForbidden, code, "the request is not signed as "+service+" asks")
		return
	}
	if fails {
		work(discard{})
		failure.write(w, r, s)
		return
	}
	work(w)
}

type content struct {
	Charset string
	Data    *string
}

type sendEmailInput struct {
	FromEmailAddress       string
	Destination            struct{ ToAddresses, CcAddresses, BccAddresses []string }
	ConfigurationOverrides struct {
		Tracking struct{ ClickTrackingEnabled, OpenTrackingEnabled string }
	}
	Content struct {
		Simple *struct {
			Subject content
			Body    struct{ Text, Html content }
			Headers []struct{ Name, Value string }
		}
	}
}

func (s *Server) sendEmail(w http.ResponseWriter, body []byte) {
	var in sendEmailInput
	if err := json.Unmarshal(body, &in); err != nil {
		writeError(w, http.StatusBadRequest, "BadRequestException", "the body is not JSON")
		return
	}
	if in.FromEmailAddress == "" || in.Content.Simple == nil || len(in.Destination.ToAddresses) != 1 ||
		len(in.Destination.CcAddresses)+len(in.Destination.BccAddresses) > 0 {
		writeError(w, http.StatusBadRequest, "BadRequestException", "awstest takes a Simple message from one sender to one recipient")
		return
	}
	simple := in.Content.Simple
	m := Mail{
		From: in.FromEmailAddress, To: in.Destination.ToAddresses[0],
		ClickTracking: in.ConfigurationOverrides.Tracking.ClickTrackingEnabled,
		OpenTracking:  in.ConfigurationOverrides.Tracking.OpenTrackingEnabled,
		Headers:       make(map[string]string),
	}
	for _, h := range simple.Headers {
		m.Headers[h.Name] = h.Value
	}
	ok := simple.Subject.copyTo(&m.Subject) && simple.Body.Text.copyTo(&m.Text) && simple.Body.Html.copyTo(&m.HTML)
	if !ok {
		writeError(w, http.StatusBadRequest, "BadRequestException", "text outside ASCII needs Charset UTF-8")
		return
	}
	s.mu.Lock()
	s.mails = append(s.mails, m)
	onMail := s.onMail
	s.mu.Unlock()
	if onMail != nil {
		onMail(m)
	}
	writeJSON(w, http.StatusOK, map[string]string{"MessageId": "awstest"})
}

// copyTo copies the text. It reports false for text outside ASCII without a
// character set: SES would garble it, and a test must see that.
func (c content) copyTo(to *string) bool {
	if c.Data == nil {
		return true
	}
	*to = *c.Data
	ascii := strings.IndexFunc(*to, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
	return ascii || c.Charset == "UTF-8"
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// discard is the http.ResponseWriter of work whose answer is lost.
type discard struct{}

func (discard) Header() http.Header         { return make(http.Header) }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}
