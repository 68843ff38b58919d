package stack

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"sdtasktracker/infra/local/authorizer"
	"sdtasktracker/infra/local/copyguard"
	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/process"
	"sdtasktracker/infra/local/servers/node"
	"sdtasktracker/infra/local/servers/s3"
	"sdtasktracker/infra/loopback"
)

// startServers starts a server for every service that has no endpoint in
// Options.Endpoints.
func (s *Stack) startServers(ctx context.Context) error {
	credentials := credentials.NewStaticCredentialsProvider(s.options.AccessKey, s.options.SecretKey, "")
	// Without a client of its own, each AWS client would have connections of its own.
	s.Config = aws.Config{Region: s.Region, Credentials: credentials, HTTPClient: awshttp.NewBuildableClient()}
	handlers := map[string]http.Handler{}
	if err := s.startNode(ctx, handlers); err != nil {
		return err
	}
	if err := s.startS3(ctx, handlers); err != nil {
		return err
	}
	s.Host = lambdahost.New(s.options.RetryDelay, s.sendDeadLetter)
	s.closers = append(s.closers, s.Host.Close)
	handlers["LAMBDA"] = loopback.RequireCredentials(s.options.AccessKey, s.Host.API())
	for service, handler := range handlers {
		var err error
		if s.Endpoints[service], err = s.serve(handler); err != nil {
			return err
		}
	}
	return nil
}

// startNode starts the servers that Node runs.
func (s *Stack) startNode(ctx context.Context, handlers map[string]http.Handler) error {
	server, err := node.Start(ctx, s.options.Root, s.Region, node.DynamoDB, node.Messaging)
	if err != nil {
		return err
	}
	s.own(server)
	for service, socket := range map[string]string{
		"DYNAMODB": node.DynamoDB, "SNS": node.Messaging, "SQS": node.Messaging,
	} {
		if s.options.Endpoints[service] != "" {
			continue
		}
		proxy := loopback.Proxy(server.Socket(socket))
		handlers[service] = loopback.RequireCredentials(s.options.AccessKey, proxy)
		if service == "SNS" {
			handlers[service] = &webhooks{stack: s, server: proxy}
		}
	}
	return nil
}

// startS3 starts the S3 server, or guards the server in Options.Endpoints, which may ignore conditional copies, too.
func (s *Stack) startS3(ctx context.Context, handlers map[string]http.Handler) error {
	if other := s.options.Endpoints["S3"]; other != "" {
		guarded := copyguard.New(loopback.Proxy(other), s.Config)
		handlers["S3"] = loopback.RequireCredentials(s.options.AccessKey, guarded)
		return nil
	}
	s.ObjectsDir = filepath.Join(s.options.StateDir, "s3")
	server, guarded, err := s3.Start(ctx, s.options.Root, s.ObjectsDir, s.Config)
	if err != nil {
		return err
	}
	s.own(server)
	handlers["S3"] = loopback.RequireCredentials(s.options.AccessKey, guarded)
	return nil
}

// own makes a server end with the stack, and calls Options.Failed if it ends by itself.
func (s *Stack) own(server *process.Server) {
	s.closers = append(s.closers, server.Close)
	go func() {
		<-server.Done()
		if err := server.Err(); err != nil && s.options.Failed != nil {
			s.options.Failed(err)
		}
	}()
}

// startProxies puts the authorizer between the functions and every service.
func (s *Stack) startProxies() (err error) {
	credentials := aws.Credentials{AccessKeyID: s.options.AccessKey, SecretAccessKey: s.options.SecretKey}
	for service, endpoint := range s.Endpoints {
		if s.options.FunctionEndpoint != nil {
			endpoint = s.options.FunctionEndpoint(service, endpoint)
		}
		proxy := s.Authorizer.Proxy(authorizer.Service(service), endpoint, credentials)
		if s.functionEndpoints[service], err = s.serve(proxy); err != nil {
			return err
		}
	}
	return nil
}

// serve starts a server that ends with the stack, and returns its URL.
func (s *Stack) serve(handler http.Handler) (url string, err error) {
	server, err := loopback.Serve(handler)
	if err != nil {
		return "", err
	}
	s.closers = append(s.closers, server.Close)
	return server.URL, nil
}

// refuseService answers a request to a service that the local stack doesn't have: in JSON if the request is JSON, or
// else in XML.
func refuseService(w http.ResponseWriter, r *http.Request) {
	refuse := loopback.QueryError
	if strings.Contains(r.Header.Get("Content-Type"), "json") {
		refuse = loopback.JSONError
	}
	refuse(w, http.StatusBadRequest, "NotInLocalStack", "the local stack has only DynamoDB, Lambda, S3, SNS and SQS")
}
