package authorizer

import "github.com/aws/aws-lambda-go/events"

// subject is the account and the session that a token was issued to.
type subject struct{ sub, username, role, sid string }

// context is what the API gets about the caller. The values are strings, because
// an API in payload format 1.0 accepts no lists or objects and converts everything
// else to strings.
func (s subject) context() map[string]any {
	return map[string]any{"sub": s.sub, "username": s.username, "role": s.role, "sid": s.sid}
}

// allowResponse returns the response that lets the request through. For payload
// format 2.0 it is the simple response, which must be enabled in the API. For the
// other formats it is an IAM policy.
//
// The policy allows the whole stage of the API. API Gateway caches the policy by
// the token, by default for 300 seconds. A policy for one method would make it
// refuse the caller's next request to another method.
func (e gatewayEvent) allowResponse(s subject) any {
	if e.stage == "" {
		return events.APIGatewayV2CustomAuthorizerSimpleResponse{IsAuthorized: true, Context: s.context()}
	}
	return events.APIGatewayCustomAuthorizerResponse{
		PrincipalID: s.sub,
		PolicyDocument: events.APIGatewayCustomAuthorizerPolicy{
			Version: "2012-10-17",
			Statement: []events.IAMPolicyStatement{
				{Action: []string{"execute-api:Invoke"}, Effect: "Allow", Resource: []string{e.stage + "/*"}},
			},
		},
		Context: s.context(),
	}
}
