package awstest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
)

// The staging labels that Secrets Manager itself sets.
const (
	current  = "AWSCURRENT"
	previous = "AWSPREVIOUS"
)

// secret is a secret with its versions. A label is attached to one version.
type secret struct {
	versions map[string]value
	labels   map[string]string // label: id of the version
}

// value is the content of a version: text or bytes.
type value struct {
	text *string
	data []byte
}

// SetSecret creates or replaces a secret with text. Clients ask for it by this ARN
// or name.
func (s *Server) SetSecret(arn, text string) { s.set(arn, value{text: &text}) }

// SetBinarySecret creates or replaces a secret with bytes instead of text.
func (s *Server) SetBinarySecret(arn string, data []byte) { s.set(arn, value{data: data}) }

func (s *Server) set(arn string, v value) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.secrets[arn] == nil {
		s.secrets[arn] = &secret{versions: map[string]value{}, labels: map[string]string{}}
	}
	s.secrets[arn].addVersion("set-"+strconv.Itoa(len(s.secrets[arn].versions)), v, current)
}

// Secret returns the text of the current version, or "".
func (s *Server) Secret(arn string) string { return s.SecretVersion(arn, current) }

// SecretVersion returns the text of the version with this label, or "".
func (s *Server) SecretVersion(arn, label string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.secrets[arn]; found != nil {
		if v := found.versions[found.labels[label]]; v.text != nil {
			return *v.text
		}
	}
	return ""
}

func (c *secret) addVersion(id string, v value, labels ...string) {
	c.versions[id] = v
	for _, label := range labels {
		c.moveLabel(label, id)
	}
}

// moveLabel attaches a label to a version. When AWSCURRENT moves, the old version
// becomes AWSPREVIOUS.
func (c *secret) moveLabel(label, id string) {
	if was := c.labels[current]; label == current && was != "" && was != id {
		c.labels[previous] = was
	}
	c.labels[label] = id
}

// secretInput holds the members of all requests about secrets.
type secretInput struct {
	SecretId            string
	VersionId           string
	VersionStage        string
	SecretString        *string
	ClientRequestToken  string
	VersionStages       []string
	MoveToVersionId     string
	RemoveFromVersionId string
}

// findSecret reads a request and returns its secret. If it finds none, it writes
// the error and returns nil. The caller holds s.mu.
func (s *Server) findSecret(w http.ResponseWriter, body []byte, in *secretInput) *secret {
	if json.Unmarshal(body, in) != nil || in.SecretId == "" {
		writeError(w, http.StatusBadRequest, "InvalidParameterException", "SecretId is missing")
		return nil
	}
	found := s.secrets[in.SecretId]
	if found == nil {
		writeNotFound(w)
	}
	return found
}

func writeNotFound(w http.ResponseWriter) {
	writeError(w, http.StatusBadRequest, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

func (s *Server) getSecretValue(w http.ResponseWriter, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var in secretInput
	c := s.findSecret(w, body, &in)
	if c == nil {
		return
	}
	id := in.VersionId
	if label := in.VersionStage; id == "" {
		if label == "" {
			label = current
		}
		id = c.labels[label]
	}
	v, ok := c.versions[id]
	if !ok {
		writeNotFound(w)
		return
	}
	out := map[string]any{"ARN": in.SecretId, "Name": in.SecretId, "VersionId": id, "VersionStages": c.labelsOf(id)}
	if v.text != nil {
		out["SecretString"] = *v.text
	} else {
		out["SecretBinary"] = v.data
	}
	writeJSON(w, http.StatusOK, out)
}

func (c *secret) labelsOf(id string) []string {
	var list []string
	for label, on := range c.labels {
		if on == id {
			list = append(list, label)
		}
	}
	slices.Sort(list)
	return list
}

// maxSecret is Secrets Manager's limit for one secret, in bytes.
const maxSecret = 65536

func (s *Server) putSecretValue(w http.ResponseWriter, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var in secretInput
	c := s.findSecret(w, body, &in)
	switch {
	case c == nil:
		return
	case in.SecretString == nil || len(*in.SecretString) > maxSecret || len(in.ClientRequestToken) < 32 || len(in.ClientRequestToken) > 64:
		writeError(w, http.StatusBadRequest, "InvalidParameterException", "SecretString or ClientRequestToken is missing, or has an invalid length")
		return
	}
	labels := in.VersionStages
	if len(labels) == 0 {
		labels = []string{current}
	}
	if known, again := c.versions[in.ClientRequestToken]; !again {
		c.addVersion(in.ClientRequestToken, value{text: in.SecretString}, labels...)
	} else if known.text == nil || *known.text != *in.SecretString {
		writeError(w, http.StatusBadRequest, "ResourceExistsException", "A version with this ClientRequestToken has another value.")
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"ARN": in.SecretId, "Name": in.SecretId, "VersionId": in.ClientRequestToken, "VersionStages": labels})
}

func (s *Server) updateSecretVersionStage(w http.ResponseWriter, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var in secretInput
	c := s.findSecret(w, body, &in)
	if c == nil {
		return
	}
	on := c.labels[in.VersionStage]
	_, exists := c.versions[in.MoveToVersionId]
	switch {
	case in.VersionStage == "" || !exists:
		writeError(w, http.StatusBadRequest, "InvalidParameterException", "VersionStage or MoveToVersionId is missing")
		return
	case on != "" && on != in.MoveToVersionId && on != in.RemoveFromVersionId:
		writeError(w, http.StatusBadRequest, "InvalidParameterException",
			"Staging label "+in.VersionStage+" is currently attached to version "+on+", so you must explicitly reference that version in RemoveFromVersionId.")
		return
	}
	c.moveLabel(in.VersionStage, in.MoveToVersionId)
	writeJSON(w, http.StatusOK, map[string]any{"ARN": in.SecretId, "Name": in.SecretId})
}
