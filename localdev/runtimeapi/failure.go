package runtimeapi

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
)

// functionError is the JSON in which runtimes report errors.
type functionError struct {
	Type    string       `json:"errorType"`
	Message string       `json:"errorMessage"`
	Stack   []StackFrame `json:"stackTrace"`
}

func (in *instance) failed(r *http.Request, e functionError) outcome {
	return outcome{err: &FunctionError{Function: in.fn.cfg.Name, RequestID: r.PathValue("id"), Type: e.Type, Message: e.Message, Stack: e.Stack}}
}

// readError reads an error in that form. If a runtime sends another form, its text
// becomes the message.
func readError(w http.ResponseWriter, r *http.Request) functionError {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPayload))
	if err != nil {
		return functionError{Type: "Runtime.Unknown", Message: "the error could not be read: " + err.Error()}
	}
	e := functionError{Type: r.Header.Get("Lambda-Runtime-Function-Error-Type")}
	if json.Unmarshal(body, &e) != nil || e.Message == "" {
		e.Message = string(body)
	}
	setDefault(&e.Type, "Runtime.Unknown")
	return e
}

func trailerError(kind, body string) functionError {
	e := functionError{Type: kind}
	decoded, err := base64.StdEncoding.DecodeString(body)
	if err != nil || json.Unmarshal(decoded, &e) != nil {
		e.Message = body
	}
	return e
}
