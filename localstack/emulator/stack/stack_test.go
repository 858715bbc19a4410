package stack_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	sestypes "github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/coder/websocket"

	"ticketsystem/localstack/emulator/dashboard"
	"ticketsystem/localstack/emulator/stack"
	"ticketsystem/localstack/repo"
)

// testRepository returns the path of a small repository with its own template and
// functions.
func testRepository(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// copyRepository copies the test repository into a folder that a test may change. The
// copy is inside this module, because its functions could not be built elsewhere.
func copyRepository(t *testing.T) string {
	t.Helper()
	root, err := os.MkdirTemp(testRepository(t), "copy-") //nolint:usetesting // t.TempDir is outside of the module
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) }) // git ignores a leftover copy
	text, err := os.ReadFile(filepath.Join("testdata", "template.yaml"))
	if err == nil {
		err = os.WriteFile(filepath.Join(root, "template.yaml"), text, 0o600)
	}
	if err == nil {
		err = os.CopyFS(filepath.Join(root, "functions"), os.DirFS(filepath.Join("testdata", "functions")))
	}
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// startStack starts a stack on the template of testdata. An empty folder keeps all
// data in memory. The returned function or the end of the test stops the stack.
func startStack(t *testing.T, folder string, change func(*stack.Options)) (*stack.Stack, func()) {
	t.Helper()
	engines := filepath.Join(repo.MustRoot(), ".cache")
	o := stack.Options{Root: testRepository(t), DataDir: folder, InMemory: folder == "", EngineDir: engines, Log: &testLog{t: t}}
	if change != nil {
		change(&o)
	}
	s, err := stack.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	stop := sync.OnceFunc(s.Close)
	t.Cleanup(stop)
	return s, stop
}

// testLog writes to the log of a test until the test ends.
type testLog struct {
	t  *testing.T
	mu sync.Mutex
}

func (w *testLog) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.t.Context().Err() == nil {
		w.t.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// callEcho invokes the echo function over HTTP and returns its output.
func callEcho(t *testing.T, s *stack.Stack) (output struct {
	Key, Secret string
	Pid         int
}) {
	t.Helper()
	status, text := get(t, s.HTTPURL+"/echo")
	if err := json.Unmarshal([]byte(text), &output); status != 200 || err != nil {
		t.Fatalf("got %d %s, %v", status, text, err)
	}
	return output
}

// eventually fails the test unless got returns the wanted text within 30 s.
func eventually(t *testing.T, what string, got func() string, want string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		text := got()
		if text == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: got %q, want %q", what, text, want)
		}
	}
}

func noteLog(t *testing.T, s *stack.Stack) string {
	t.Helper()
	_, text := get(t, s.HTTPURL+"/_local/logs?function=note")
	return text
}

func TestInvoke_Lifecycle(t *testing.T) {
	t.Setenv("STACK_TEST_SECRET", "of the developer")
	s, _ := startStack(t, "", nil)
	first := callEcho(t, s)
	if first.Key == "" || first.Secret != "" {
		t.Errorf("environment: got %+v, want the key of the custom resource and no variable of the test process", first)
	}
	if again := callEcho(t, s); again.Pid != first.Pid {
		t.Errorf("a second request started process %d, want the warm process %d", again.Pid, first.Pid)
	}
	for _, path := range []string{"/fail", "/crash", "/sleep"} {
		if status, text := get(t, s.HTTPURL+path); status != 500 || text != "{\"message\":\"Internal Server Error\"}\n" {
			t.Errorf("%s: got %d %s", path, status, text)
		}
		if after := callEcho(t, s); (path == "/fail") != (after.Pid == first.Pid) {
			t.Errorf("after %s: process %d, was %d", path, after.Pid, first.Pid)
		} else {
			first = after
		}
	}
	s.Kill("echo")
	if after := callEcho(t, s); after.Pid == first.Pid {
		t.Errorf("after Kill: still process %d", after.Pid)
	}
	var stats struct {
		Data []struct {
			Name                            string
			Invocations, Errors, ColdStarts int
		}
	}
	_, text := get(t, s.HTTPURL+"/_local/functions")
	if err := json.Unmarshal([]byte(text), &stats); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(stats.Data[0]); got != "{echo 9 3 4}" {
		t.Errorf("got %s, want 9 invocations, 3 errors, 4 cold starts", got)
	}
}

// TestInvoke_Sizes checks that an event or a result above the limits of Lambda is a 500.
func TestInvoke_Sizes(t *testing.T) {
	s, _ := startStack(t, "", nil)
	const limit = 6 << 20
	for path, want := range map[string]int{fmt.Sprint("/large?bytes=", limit-100): 200, fmt.Sprint("/large?bytes=", limit+100): 500} {
		if status, text := get(t, s.HTTPURL+path); status != want {
			t.Errorf("%s: got %d %.100s, want %d", path, status, text, want)
		}
	}
	for size, want := range map[int]string{limit - 100: "", limit: "Request must be smaller than 6291456 bytes for the InvokeFunction operation"} {
		event, err := json.Marshal(map[string]any{"rawPath": "/large", "queryStringParameters": map[string]string{"bytes": "1"}, "body": strings.Repeat("x", size)})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if _, err := s.Invoke(t.Context(), "echo", event); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("event of %d bytes: got %q, want %q", len(event), got, want)
		}
	}
}

func TestInvoke_MaxInstances(t *testing.T) {
	s, _ := startStack(t, "", nil)
	var mu sync.Mutex
	processes := map[int]bool{}
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			output := callEcho(t, s)
			mu.Lock()
			defer mu.Unlock()
			processes[output.Pid] = true
		})
	}
	all.Wait()
	if len(processes) > 8 {
		t.Errorf("%d processes, want at most 8", len(processes))
	}
}

func TestStart_PortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	_, err = stack.Start(t.Context(), stack.Options{Root: testRepository(t), Port: port, InMemory: true})
	want := "port " + strconv.Itoa(port) + " is in use by another program; stop it or choose another one with PORT"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestStart_UnknownParameter(t *testing.T) {
	_, err := stack.Start(t.Context(), stack.Options{Root: testRepository(t), InMemory: true, Parameters: map[string]string{"Visibilty": "2"}})
	if err == nil || !strings.Contains(err.Error(), "Visibilty") {
		t.Errorf("got %v, want an error that names the parameter", err)
	}
}

// TestServe_Root checks that the address that the stack prints shows where to go and as whom
// to sign in.
func TestServe_Root(t *testing.T) {
	s, _ := startStack(t, "", func(o *stack.Options) {
		o.Users = []dashboard.User{{Phone: "09120000001", Password: "secret", Role: "admin", Name: "<b>"}}
	})
	status, text := get(t, s.HTTPURL+"/")
	for _, want := range []string{`href="/docs"`, `href="/_local/"`, "09120000001", "secret", "admin", "&lt;b&gt;"} {
		if status != 200 || !strings.Contains(text, want) {
			t.Errorf("got %d, want a page with %s:\n%s", status, want, text)
		}
	}
	if strings.Contains(text, `href="/app/"`) {
		t.Error("got a link to the console, which the template does not have")
	}
}

func TestStart_DataDirInUse(t *testing.T) {
	folder := t.TempDir()
	startStack(t, folder, nil)
	_, err := stack.Start(t.Context(), stack.Options{Root: testRepository(t), DataDir: folder})
	if err == nil || !strings.Contains(err.Error(), "in use by another stack") {
		t.Errorf("got %v", err)
	}
}

func dynamoClient(s *stack.Stack) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: &s.DynamoDBURL, Credentials: credentials("LOCALSTACK", "local-secret", "local-session")})
}

func credentials(id, secret, token string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token}, nil
	})
}

func putItem(t *testing.T, s *stack.Stack, key string) {
	t.Helper()
	_, err := dynamoClient(s).PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &s.TableName, Item: map[string]types.AttributeValue{
		"PK": &types.AttributeValueMemberS{Value: "p"}, "SK": &types.AttributeValueMemberS{Value: key},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestStream_InvokesFunction(t *testing.T) {
	s, _ := startStack(t, "", nil)
	for _, key := range []string{"M#1", "other", "M#2", "M#bad", "M#3", "M#3"} {
		putItem(t, s, key)
	}
	eventually(t, "log", func() string {
		lines := strings.Fields(noteLog(t, s))
		keys := slices.DeleteFunc(lines, func(l string) bool { return !strings.HasPrefix(l, "M#") })
		// The records in the batch of the failing record are delivered twice.
		slices.Sort(keys)
		return strings.Join(slices.Compact(keys), " ")
	}, "M#1 M#2 M#3")
}

func TestStart_KeepsData(t *testing.T) {
	folder := t.TempDir()
	seeds := 0
	seed := func(o *stack.Options) {
		o.Seed = func(context.Context, string, string) error { seeds++; return nil }
	}
	s, stop := startStack(t, folder, seed)
	key := callEcho(t, s).Key
	putItem(t, s, "M#1")
	eventually(t, "log", func() string { return noteLog(t, s) }, "noted INSERT M#1\n")
	// A record written while the stack stops is delivered after the restart.
	putItem(t, s, "M#2")
	stop()
	s, _ = startStack(t, folder, seed)
	if again := callEcho(t, s).Key; again != key {
		t.Errorf("custom resource: got %s after the restart, want %s", again, key)
	}
	putItem(t, s, "M#3")
	eventually(t, "log after the restart", func() string {
		return strings.TrimPrefix(noteLog(t, s), "noted INSERT M#2\n")
	}, "noted INSERT M#3\n")
	if seeds != 1 {
		t.Errorf("seeded %d times, want once", seeds)
	}
}

func TestS3_InvokesFunction(t *testing.T) {
	s, _ := startStack(t, "", nil)
	client := s3.New(s3.Options{Region: "us-east-1", BaseEndpoint: &s.S3URL, UsePathStyle: true, Credentials: credentials("LOCALSTACK", "local-secret", "local-session")})
	for _, key := range []string{"up/one", "else/two"} {
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("ticketsystem-bucket"), Key: &key, Body: strings.NewReader("x")}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "log", func() string { return noteLog(t, s) }, "noted ObjectCreated:Put up/one\n")
}

func TestSQS_InvokesFunction(t *testing.T) {
	s, _ := startStack(t, "", func(o *stack.Options) { o.Parameters = map[string]string{"Visibility": "2"} })
	queues := func(name string) (*sqs.Client, *string) {
		return sqs.New(sqs.Options{Region: "us-east-1", BaseEndpoint: &s.ServicesURL, Credentials: credentials("LOCALSTACK", "local-secret", "local-session")}),
			aws.String(s.ServicesURL + "/000000000000/ticketsystem-" + name)
	}
	send := func(text string, delay int32) {
		client, url := queues("Work")
		if _, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: &text, DelaySeconds: delay}); err != nil {
			t.Fatal(err)
		}
	}
	send("one", 0)
	eventually(t, "log", func() string { return noteLog(t, s) }, "noted  one\n")
	send("two", 1)
	send("bad", 0)
	eventually(t, "log of a delayed message", func() string { return noteLog(t, s) }, "noted  one\nnoted  two\n")
	eventually(t, "dead letter", func() string {
		client, url := queues("Failures")
		got, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: url, VisibilityTimeout: 0})
		if err != nil {
			t.Fatal(err)
		}
		var bodies []string
		for _, m := range got.Messages {
			bodies = append(bodies, *m.Body)
		}
		return strings.Join(bodies, " ")
	}, "bad")
}

func TestSNS_InvokesFunction(t *testing.T) {
	s, _ := startStack(t, "", nil)
	texts := sns.New(sns.Options{Region: "us-east-1", BaseEndpoint: &s.ServicesURL, Credentials: credentials("LOCALSTACK", "local-secret", "local-session")})
	if _, err := texts.Publish(t.Context(), &sns.PublishInput{
		TopicArn: aws.String("arn:aws:sns:us-east-1:000000000000:ticketsystem-Topic"), Subject: aws.String("hello"), Message: aws.String("{}"),
	}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "log", func() string { return noteLog(t, s) }, "noted  hello\n")
	mails := ses.New(ses.Options{Region: "us-east-1", BaseEndpoint: &s.ServicesURL, Credentials: credentials("LOCALSTACK", "local-secret", "local-session")})
	for _, to := range []string{"complaint@simulator.amazonses.com", "bounce+one@simulator.amazonses.com"} {
		if _, err := mails.SendEmail(t.Context(), &ses.SendEmailInput{
			Source: aws.String("support@example.com"), ConfigurationSetName: aws.String("ticketsystem-mail"),
			Destination: &sestypes.Destination{ToAddresses: []string{to}},
			Message:     &sestypes.Message{Subject: &sestypes.Content{Data: aws.String("s")}, Body: &sestypes.Body{Text: &sestypes.Content{Data: aws.String("b")}}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "log after the bounce", func() string { return noteLog(t, s) }, "noted  hello\nnoted  Amazon SES Email Event Notification\n")
}

func TestSchedules_Listed(t *testing.T) {
	s, _ := startStack(t, "", nil)
	var schedules struct{ Data []dashboard.Schedule }
	eventually(t, "the next run", func() string { // schedules start in the background
		_, text := get(t, s.HTTPURL+"/_local/schedules")
		if err := json.Unmarshal([]byte(text), &schedules); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(schedules.Data[1].Next.IsZero())
	}, "false")
	for i, want := range []string{"note cron(0 3 * * ? *) manual: true", "note rate(1 day) manual: false"} {
		c := schedules.Data[i]
		if got := fmt.Sprintf("%s %s manual: %t", c.Function, c.Expression, c.Next.IsZero()); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		response, err := http.Post(s.HTTPURL+"/_local/functions/note/invoke", "application/json", bytes.NewReader(c.Event))
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatal(response, err)
		}
		response.Body.Close()
	}
	if got := noteLog(t, s); got != "noted Sunday\nnoted Scheduled Event\n" {
		t.Errorf("log: got %q", got)
	}
}

func TestWebSocket_Connects(t *testing.T) {
	s, _ := startStack(t, "", nil)
	conn, _, err := websocket.Dial(t.Context(), s.SocketURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
}

func TestBuild_ErrorIsShown(t *testing.T) {
	root := copyRepository(t)
	s, _ := startStack(t, "", func(o *stack.Options) { o.Root = root })
	if err := os.WriteFile(filepath.Join(root, "functions", "echo", "broken.go"), []byte("package main\n\nvar x = unknownName\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the build error is shown", func() string {
		get(t, s.HTTPURL+"/items")
		_, text := get(t, s.HTTPURL+"/_local/functions")
		return fmt.Sprint(strings.Contains(text, "undefined: unknownName"))
	}, "true")
}

func TestReload_ChangedTemplate(t *testing.T) {
	root := copyRepository(t)
	template, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s, _ := startStack(t, "", func(o *stack.Options) { o.Root = root })
	callEcho(t, s)
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(root, "template.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	key := func() string {
		_, text := get(t, s.HTTPURL+"/other/7")
		var response struct{ Event struct{ RouteKey string } }
		_ = json.Unmarshal([]byte(text), &response) // an error results in an empty key
		return response.Event.RouteKey
	}
	if got := key(); got != "$default" {
		t.Fatalf("got %q, want $default", got)
	}
	write(strings.Replace(string(template), "Method: POST, Path: \"/items/{id}\"", "Method: GET, Path: \"/other/{id}\"", 1))
	if got := key(); got != "GET /other/{id}" {
		t.Errorf("after the change: got %q", got)
	}
	write("Resources: [broken")
	if got := key(); got != "GET /other/{id}" {
		t.Errorf("with a broken template: got %q, want the last valid one", got)
	}
}
