package sam_test

import (
	"fmt"

	"roster/shared/aws/sam"
)

func ExampleParse() {
	t, err := sam.Parse([]byte(`
Globals:
  Function: {Timeout: 10, MemorySize: 256}
Resources:
  GetUserFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/get_user
      Environment: {Variables: {PUBLIC_URL: !Ref PublicUrl, LIMIT: 8}}
      Events:
        Get:
          Type: HttpApi
          Properties: {Method: get, Path: '/api/user/{username}'}
`))
	if err != nil {
		panic(err)
	}
	f := t.Function("get_user")
	fmt.Println(f.Routes, f.Memory, f.Timeout)
	fmt.Printf("%+v\n", f.Environment)
	// Output:
	// [GET /api/user/{username}] 256 10
	// map[LIMIT:{Literal:8 Intrinsic:false} PUBLIC_URL:{Literal: Intrinsic:true}]
}
