// Package stack deploys a synthesized CloudFormation template to this machine. The
// template is the only source of tables, queues, filters, environments, timeouts,
// retries and dead-letter queues.
package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"sdtasktracker/infra/local/cloudformation"
	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/servers/node"
	"sdtasktracker/infra/local/servers/s3"
)

// Options configure a stack.
type Options struct {
	// Root is the project's directory, with cdk.out/ and build/ in it.
	Root string
	// StateDir is the directory for objects and logs. Start deletes its
	// contents.
	StateDir string
	// RetryDelay is the delay before a failed event's second attempt. The third
	// comes after twice that delay.
	RetryDelay time.Duration
	// AccessKey and SecretKey are the credentials for the servers. Only S3
	// checks them.
	AccessKey, SecretKey string
	// Endpoints are the URLs of servers to use instead of the stack's own, by
	// service: DYNAMODB, S3, SNS or SQS.
	Endpoints map[string]string
	// FunctionEndpoint, if set, returns the endpoint that functions call
	// instead of a service's own. Tests return a fault proxy.
	FunctionEndpoint func(service, endpoint string) string
}

// Stack is a deployed template.
type Stack struct {
	// Name is the CloudFormation stack's name, Region its Region.
	Name, Region string
	// Outputs are the template's outputs.
	Outputs map[string]string
	// Endpoints are the services' URLs, by service: DYNAMODB, LAMBDA, S3, SNS
	// and SQS.
	Endpoints map[string]string
	// Host runs the functions.
	Host *lambdahost.Host
	// ObjectsDir has a directory of plain files for every bucket; "" if S3
	// is not the stack's own.
	ObjectsDir string
	// LogsDir has a file for every function.
	LogsDir string
	// Config has the Region and credentials of clients of the stack.
	Config aws.Config

	options  Options
	template *cloudformation.Template
	resolver cloudformation.Resolver
	closers  []func() error
	node     *node.Process
	bridges  context.Context
	bridging sync.WaitGroup
	stamps   sync.Map // publish times by message ID: see Stack.stamp
}

// Start deploys the template in Root/cdk.out. The caller must close the stack.
// The process's working directory may change.
func Start(ctx context.Context, options Options) (*Stack, error) {
	template, err := cloudformation.Read(filepath.Join(options.Root, "cdk.out"))
	if err != nil {
		return nil, err
	}
	s := &Stack{
		Name: template.StackName, Region: template.Region,
		Outputs: map[string]string{}, Endpoints: map[string]string{},
		LogsDir: filepath.Join(options.StateDir, "logs"),
		options: options, template: template,
		resolver: cloudformation.Resolver{
			Pseudo: map[string]string{
				"AWS::AccountId": template.Account, "AWS::Region": template.Region, "AWS::Partition": "aws",
				"AWS::StackName": template.StackName, "AWS::URLSuffix": "amazonaws.com",
			},
			Created: map[string]cloudformation.Physical{},
		},
	}
	var cancel context.CancelFunc
	s.bridges, cancel = context.WithCancel(context.Background())
	s.closers = append(s.closers, func() error {
		cancel()
		s.bridging.Wait()
		return nil
	})
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Stack) start(ctx context.Context) error {
	if err := os.RemoveAll(s.options.StateDir); err != nil {
		return fmt.Errorf("remove the last stack's state: %w", err)
	}
	if err := os.MkdirAll(s.LogsDir, 0o755); err != nil {
		return err
	}
	if err := s.startServers(ctx); err != nil {
		return err
	}
	if err := s.startLambda(); err != nil {
		return err
	}
	if err := s.createExisting(ctx); err != nil {
		return err
	}
	return s.deploy(ctx)
}

// startServers starts a server for every service that Options.Endpoints does
// not name one for.
func (s *Stack) startServers(ctx context.Context) error {
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
		s.node = process
		s.closers = append(s.closers, process.Close)
		s.Endpoints["DYNAMODB"] = process.URLs[node.DynamoDB]
		s.Endpoints["SNS"] = process.URLs[node.Messaging]
		s.Endpoints["SQS"] = process.URLs[node.Messaging]
	}
	if s.options.Endpoints["S3"] == "" {
		s.ObjectsDir = filepath.Join(s.options.StateDir, "s3")
		server, err := s3.Start(ctx, s.ObjectsDir, s.options.AccessKey, s.options.SecretKey, s.Region)
		if err != nil {
			return err
		}
		s.closers = append(s.closers, server.Close)
		s.Endpoints["S3"] = server.URL
	}
	s.Config = aws.Config{
		Region:      s.Region,
		Credentials: credentials.NewStaticCredentialsProvider(s.options.AccessKey, s.options.SecretKey, ""),
	}
	return s.useForeign()
}

// useForeign applies Options.Endpoints.
func (s *Stack) useForeign() error {
	for service, endpoint := range s.options.Endpoints {
		if endpoint != "" {
			s.Endpoints[service] = endpoint
		}
	}
	if endpoint := s.options.Endpoints["S3"]; endpoint != "" {
		guarded, err := s.guardS3(endpoint)
		if err != nil {
			return fmt.Errorf("guard %s: %w", endpoint, err)
		}
		s.Endpoints["S3"] = guarded
	}
	return nil
}

func (s *Stack) startLambda() error {
	s.Host = lambdahost.New(s.options.RetryDelay, s.sendDeadLetter)
	s.closers = append(s.closers, s.Host.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: s.Host.API(), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	s.closers = append(s.closers, server.Close)
	s.Endpoints["LAMBDA"] = "http://" + listener.Addr().String()
	return nil
}

// Root is the project's directory.
func (s *Stack) Root() string { return s.options.Root }

// Ended returns a channel that is closed when the stack's own server for DynamoDB,
// SNS and SQS has ended, which Close also causes; nil if the stack has none.
func (s *Stack) Ended() <-chan struct{} {
	if s.node == nil {
		return nil
	}
	return s.node.Done()
}

// Close stops everything that the stack started: first the bridges, then the rest
// in reverse order of start.
func (s *Stack) Close() error {
	var errs []error
	// The bridges invoke functions on the host, so they must stop first.
	errs = append(errs, s.closers[0]())
	for i := len(s.closers) - 1; i > 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	s.closers = s.closers[:1]
	return errors.Join(errs...)
}
