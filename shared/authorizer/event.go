package authorizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// question is an event that API Gateway sends to an authorizer: that of an HTTP
// API in payload format 2.0 or 1.0, or that of a REST API, of type TOKEN or
// REQUEST. Of all that is in them, this is what it takes.
//
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
type gatewayEvent struct {
	Version           string              `json:"version"` // none from a REST API
	Type              string              `json:"type"`
	Token             string              `json:"authorizationToken"` // of the type TOKEN
	Method            string              `json:"methodArn"`          // none in 2.0
	Sources           identitySources     `json:"identitySource"`     // none from a REST API
	Headers           map[string]string   `json:"headers"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`

	stage string // the ARN of the API's stage; none in 2.0
}

// sources are the values by which an HTTP API caches answers: a list in 2.0, in
// 1.0 one text with commas.
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

var errNotAuthorizerEvent = errors.New("the event is none that API Gateway sends to an authorizer, in payload format 1.0 or 2.0")

// stageForm is the beginning of what an API's method is called. A stage that
// was a * would give access to all of them.
var stagePattern = regexp.MustCompile(`^(arn:aws[a-z-]*:execute-api:[a-z0-9-]+:[0-9]{12}:[a-z0-9]+/(?:[A-Za-z0-9_-]+|\$default))/`)

func decode(event json.RawMessage) (gatewayEvent, error) {
	var q gatewayEvent
	if err := json.Unmarshal(event, &q); err != nil {
		return q, fmt.Errorf("%w: it is not such an object", errNotAuthorizerEvent) // what json says may quote a token
	}
	switch form := q.Version + " " + q.Type; form {
	case "2.0 REQUEST":
		return q, nil
	case " TOKEN", " REQUEST", "1.0 REQUEST":
	default:
		return q, errNotAuthorizerEvent
	}
	match := stagePattern.FindStringSubmatch(q.Method)
	if match == nil {
		return q, fmt.Errorf("%w: methodArn is not that of a method", errNotAuthorizerEvent)
	}
	q.stage = match[1]
	return q, nil
}

// token returns the bearer token of the one Authorization header (RFC 6750
// §2.1), or that of the header that a TOKEN authorizer is for.
func (q gatewayEvent) token() (raw string, ok bool) {
	values := []string{q.Token}
	if q.Type != "TOKEN" {
		values = q.authorizationValues()
	}
	if len(values) != 1 {
		return "", false
	}
	return bearerOf(values[0])
}

// authorization returns the different values of the header. HTTP APIs write
// names in lower case, REST APIs as the client did, and have each value in a
// list beside the last.
func (q gatewayEvent) authorizationValues() (values []string) {
	add := func(name, value string) {
		if strings.EqualFold(name, "Authorization") && !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	for name, value := range q.Headers {
		add(name, value)
	}
	for name, list := range q.MultiValueHeaders {
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

// checkSources sees to it that an HTTP API which caches answers does so by the
// token. By another header alone, it would answer whoever sends the same there
// as if it were this caller. A REST API does not tell its sources.
func (q gatewayEvent) checkSources(raw string) error {
	if len(q.Sources) == 0 { // it caches nothing
		return nil
	}
	for _, value := range q.Sources {
		if found, ok := bearerOf(value); ok && found == raw {
			return nil
		}
	}
	return errors.New("the header Authorization is not among the identity sources of the API's authorizer, " +
		"so its answers would be kept for whoever has the same ones: add $request.header.Authorization")
}
