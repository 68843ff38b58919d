// Package stack deploys a synthesized CloudFormation template to this machine. The
// template is the only source of tables, queues, filters, environments, timeouts,
// retries and dead-letter queues.
package stack

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sdtasktracker/infra/local/authorizer"
	"sdtasktracker/infra/local/cloudformation"
	"sdtasktracker/infra/local/iam"
	"sdtasktracker/infra/local/lambdahost"
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
	// FunctionEndpoint, if set, returns the endpoint that functions call instead
	// of a service's own. Tests return a fault proxy's.
	FunctionEndpoint func(service, endpoint string) string
	// Environment has further variables of all functions. Tests shorten the
	// SDK's pauses.
	Environment map[string]string
	// Denied, if set, is called, perhaps concurrently, with each denial by the
	// template's policies. If it is nil, the stack prints denials.
	Denied func(error)
	// Failed, if set, is called when one of the stack's own servers has ended by
	// itself. The error says which one, and how.
	Failed func(error)
}

// Stack is a deployed template.
type Stack struct {
	// Name is the CloudFormation stack's name, Region its Region, and Root the
	// project's directory.
	Name, Region, Root string
	// Outputs are the template's outputs.
	Outputs map[string]string
	// Endpoints are the services' URLs, by service: DYNAMODB, LAMBDA, S3, SNS
	// and SQS.
	Endpoints map[string]string
	// Host runs the functions.
	Host *lambdahost.Host
	// Authorizer decides what functions and services may do, by the template's
	// policies.
	Authorizer *authorizer.Authorizer
	// ObjectsDir has a directory of plain files for every bucket; "" if S3
	// is not the stack's own.
	ObjectsDir string
	// LogsDir has a file for every function.
	LogsDir string
	// Config has the Region and credentials of clients of the stack.
	Config aws.Config

	options     Options
	template    *cloudformation.Template
	resolver    cloudformation.Resolver
	creators    map[string]creator                 // by type of resource
	created     map[string]cloudformation.Physical // by logical ID
	creating    map[string]bool                    // which were begun, by logical ID
	subscribers map[string][]subscriber            // by topic's ARN
	closers     []func() error
	// functionEndpoints are what functions call, by service; sessions are the
	// functions' principals, by name.
	functionEndpoints map[string]string
	elsewhere         string // the URL of the server that answers for all other services
	sessions          map[string]iam.Principal

	running  context.Context // until Close
	end      context.CancelFunc
	bridging sync.WaitGroup
}

// Start deploys the template in Root/cdk.out. The caller must close the stack.
func Start(ctx context.Context, options Options) (*Stack, error) {
	template, err := cloudformation.Read(filepath.Join(options.Root, "cdk.out"))
	if err != nil {
		return nil, err
	}
	s := newStack(template, options)
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func newStack(template *cloudformation.Template, options Options) *Stack {
	s := &Stack{
		Name: template.StackName, Region: template.Region, Root: options.Root,
		Outputs: map[string]string{}, Endpoints: maps.Clone(options.Endpoints),
		LogsDir: filepath.Join(options.StateDir, "logs"),
		options: options, template: template,
		resolver: cloudformation.Resolver{Pseudo: map[string]string{
			"AWS::AccountId": account, "AWS::Region": template.Region, "AWS::Partition": "aws",
			"AWS::StackName": template.StackName, "AWS::URLSuffix": "amazonaws.com",
		}},
		created: map[string]cloudformation.Physical{}, creating: map[string]bool{}, subscribers: map[string][]subscriber{},
		functionEndpoints: map[string]string{}, sessions: map[string]iam.Principal{},
	}
	if s.Endpoints == nil {
		s.Endpoints = map[string]string{}
	}
	s.creators = s.newCreators()
	s.Authorizer = s.newAuthorizer()
	s.running, s.end = context.WithCancel(context.Background())
	return s
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
	if err := s.startProxies(); err != nil {
		return err
	}
	var err error
	if s.elsewhere, err = s.serve(http.HandlerFunc(refuseService)); err != nil {
		return err
	}
	if err := s.createExisting(ctx); err != nil {
		return err
	}
	return s.deploy(ctx)
}

// Close stops everything that the stack started: first the bridges, which invoke functions, then the rest in reverse
// order of start.
func (s *Stack) Close() error {
	s.end()
	s.bridging.Wait()
	var errs []error
	for _, closer := range slices.Backward(s.closers) {
		errs = append(errs, closer())
	}
	return errors.Join(errs...)
}
