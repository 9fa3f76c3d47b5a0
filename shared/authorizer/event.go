package authorizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// gatewayEvent is an event that API Gateway sends to an authorizer: from an HTTP
// API in payload format 2.0 or 1.0, or from a REST API with type TOKEN or REQUEST.
// It has only the fields that are needed here.
//
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
type gatewayEvent struct {
	Version           string              `json:"version"` // "" from a REST API
	Type              string              `json:"type"`
	Token             string              `json:"authorizationToken"` // only for type TOKEN
	Method            string              `json:"methodArn"`          // "" in format 2.0
	Sources           identitySources     `json:"identitySource"`     // nil from a REST API
	Headers           map[string]string   `json:"headers"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`

	stage string // the ARN of the API's stage; "" in format 2.0
}

// identitySources are the values by which an HTTP API caches responses. Format 2.0
// has a list, format 1.0 one text with commas.
type identitySources []string

func (s *identitySources) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*s = nil
		if text != "" {
			*s = strings.Split(text, ",")
		}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(s))
}

var errNotAuthorizerEvent = errors.New("this is not an event that API Gateway sends to an authorizer, in payload format 1.0 or 2.0")

// stagePattern matches the beginning of a method's ARN, up to the stage. It does
// not accept * as the stage, because a policy for that would allow every stage.
var stagePattern = regexp.MustCompile(`^(arn:aws[a-z-]*:execute-api:[a-z0-9-]+:[0-9]{12}:[a-z0-9]+/(?:[A-Za-z0-9_-]+|\$default))/`)

func decode(event json.RawMessage) (gatewayEvent, error) {
	var e gatewayEvent
	if err := json.Unmarshal(event, &e); err != nil {
		return e, fmt.Errorf("%w: its JSON is different", errNotAuthorizerEvent) // the error of json may quote a token
	}
	switch e.Version + " " + e.Type {
	case "2.0 REQUEST":
		return e, nil
	case " TOKEN", " REQUEST", "1.0 REQUEST":
	default:
		return e, errNotAuthorizerEvent
	}
	match := stagePattern.FindStringSubmatch(e.Method)
	if match == nil {
		return e, fmt.Errorf("%w: methodArn is not the ARN of a method", errNotAuthorizerEvent)
	}
	e.stage = match[1]
	return e, nil
}

// token returns the bearer token of the Authorization header (RFC 6750 §2.1), or
// of the header that a TOKEN authorizer is configured for. There must be exactly
// one value.
func (e gatewayEvent) token() (raw string, ok bool) {
	values := []string{e.Token}
	if e.Type != "TOKEN" {
		values = e.authorizationValues()
	}
	if len(values) != 1 {
		return "", false
	}
	return bearerOf(values[0])
}

// authorizationValues returns the different values of the Authorization header.
// HTTP APIs write header names in lower case, REST APIs as the client did. A REST
// API has the last value in Headers, and all values in MultiValueHeaders.
func (e gatewayEvent) authorizationValues() (values []string) {
	add := func(name, value string) {
		if strings.EqualFold(name, "Authorization") && !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	for name, value := range e.Headers {
		add(name, value)
	}
	for name, list := range e.MultiValueHeaders {
		for _, value := range list {
			add(name, value)
		}
	}
	return values
}

func bearerOf(value string) (raw string, ok bool) {
	scheme, raw, found := strings.Cut(value, " ")
	return raw, found && strings.EqualFold(scheme, "Bearer")
}

// checkSources checks that an HTTP API which caches responses does so by the
// token. If it cached by another header alone, every client that sends the same
// value there would be treated as this caller. A REST API does not send its
// identity sources.
func (e gatewayEvent) checkSources(raw string) error {
	if len(e.Sources) == 0 { // the API does not cache
		return nil
	}
	for _, value := range e.Sources {
		if found, ok := bearerOf(value); ok && found == raw {
			return nil
		}
	}
	return errors.New("the header Authorization is not among the identity sources of the API's authorizer, " +
		"so one caller's cached answer would be given to another caller: add $request.header.Authorization")
}
