package runtimeapi

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-lambda-go/events"
)

// InvokeHTTP sends a request of an HTTP API (payload format 2.0). As in API Gateway,
// a response without statusCode becomes the body of a 200.
func (f *Function) InvokeHTTP(ctx context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	var resp events.APIGatewayV2HTTPResponse
	payload, err := json.Marshal(e)
	if err != nil {
		return resp, fmt.Errorf("function %s: write the event: %w", f.cfg.Name, err)
	}
	body, err := f.Invoke(ctx, payload)
	if err != nil {
		return resp, err
	}
	var form struct {
		StatusCode json.RawMessage `json:"statusCode"`
	}
	if json.Unmarshal(body, &form) != nil || form.StatusCode == nil {
		return events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: map[string]string{"Content-Type": "application/json"}, Body: string(body)}, nil
	}
	if err := json.Unmarshal(body, &resp); err != nil {
		return resp, fmt.Errorf("function %s: read the answer: %w", f.cfg.Name, err)
	}
	return resp, nil
}
