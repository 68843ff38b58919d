package stack

import (
	"context"
	"net/http"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"sdtasktracker/infra/local/authorizer"
	"sdtasktracker/infra/local/copyguard"
	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/process"
	"sdtasktracker/infra/local/servers/node"
	"sdtasktracker/infra/local/servers/s3"
	"sdtasktracker/infra/local/webhook"
	"sdtasktracker/infra/loopback"
)

// startServers starts a server for every service that Options.Endpoints does
// not name one for.
func (s *Stack) startServers(ctx context.Context) error {
	credentials := credentials.NewStaticCredentialsProvider(s.options.AccessKey, s.options.SecretKey, "")
	// Without a client of its own, each AWS client would have connections of its own.
	s.Config = aws.Config{Region: s.Region, Credentials: credentials, HTTPClient: awshttp.NewBuildableClient()}
	var wanted []node.Service
	if s.options.Endpoints["DYNAMODB"] == "" {
		wanted = append(wanted, node.DynamoDB)
	}
	if s.options.Endpoints["SNS"] == "" || s.options.Endpoints["SQS"] == "" {
		wanted = append(wanted, node.Messaging)
	}
	if len(wanted) > 0 {
		process, err := node.Start(ctx, s.options.Root, s.Region, wanted...)
		if err != nil {
			return err
		}
		s.own(process.Server)
		if err := s.serveNode(process.Sockets); err != nil {
			return err
		}
	}
	if s.options.Endpoints["S3"] == "" {
		s.ObjectsDir = filepath.Join(s.options.StateDir, "s3")
		server, err := s3.Start(ctx, s.options.Root, s.ObjectsDir, s.Region, credentials.Value)
		if err != nil {
			return err
		}
		s.own(server.Server)
		if s.Endpoints["S3"], err = s.serveSigned(server.Handler); err != nil {
			return err
		}
	}
	return s.useForeign()
}

// serveNode serves what the Node process has on sockets. SNS gets the delivery to HTTP endpoints, which confirm their
// subscriptions without credentials.
func (s *Stack) serveNode(sockets map[node.Service]string) (err error) {
	if socket := sockets[node.DynamoDB]; socket != "" {
		proxy, err := loopback.Proxy(loopback.Socket(socket))
		if err != nil {
			return err
		}
		if s.Endpoints["DYNAMODB"], err = s.serveSigned(proxy); err != nil {
			return err
		}
	}
	if sockets[node.Messaging] == "" {
		return nil
	}
	proxy, err := loopback.Proxy(loopback.Socket(sockets[node.Messaging]))
	if err != nil {
		return err
	}
	if s.Endpoints["SQS"], err = s.serveSigned(proxy); err != nil {
		return err
	}
	hooks := webhook.New(proxy, s.SQS(), s.QueueARN)
	s.closers = append(s.closers, hooks.Close)
	signed := loopback.RequireCredentials(s.options.AccessKey, hooks)
	s.Endpoints["SNS"], err = s.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if webhook.IsConfirmation(r) {
			hooks.ServeHTTP(w, r)
			return
		}
		signed.ServeHTTP(w, r)
	}))
	return err
}

// serveSigned serves only those who know the stack's credentials.
func (s *Stack) serveSigned(handler http.Handler) (url string, err error) {
	return s.serve(loopback.RequireCredentials(s.options.AccessKey, handler))
}

// own makes a server end with the stack, and tells if it ends by itself.
func (s *Stack) own(server *process.Server) {
	s.closers = append(s.closers, server.Close)
	go func() {
		<-server.Done()
		if err := server.Err(); err != nil {
			select {
			case s.failed <- err:
			default: // another was first
			}
		}
	}()
}

// useForeign applies Options.Endpoints.
func (s *Stack) useForeign() error {
	for service, endpoint := range s.options.Endpoints {
		if endpoint != "" {
			s.Endpoints[service] = endpoint
		}
	}
	endpoint := s.options.Endpoints["S3"]
	if endpoint == "" {
		return nil
	}
	// It may ignore conditional copies too.
	guarded, err := copyguard.Proxy(endpoint, s.Config)
	if err != nil {
		return err
	}
	s.Endpoints["S3"], err = s.serveSigned(guarded)
	return err
}

func (s *Stack) startLambda() (err error) {
	s.Host = lambdahost.New(s.options.RetryDelay, s.sendDeadLetter)
	s.closers = append(s.closers, s.Host.Close)
	s.Endpoints["LAMBDA"], err = s.serveSigned(s.Host.API())
	return err
}

// startProxies puts the authorizer between the functions and every service.
func (s *Stack) startProxies(ctx context.Context) error {
	credentials, err := s.Config.Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	for service, endpoint := range s.Endpoints {
		if s.options.FunctionEndpoint != nil {
			endpoint = s.options.FunctionEndpoint(service, endpoint)
		}
		proxy, err := s.Authorizer.Proxy(authorizer.Service(service), endpoint, credentials)
		if err != nil {
			return err
		}
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
