package stack

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"runtime"
	"strings"
	"time"

	"ticketsystem/localstack/emulator/awsproxy"
	"ticketsystem/localstack/emulator/dashboard"
	"ticketsystem/localstack/emulator/httpapi"
	"ticketsystem/localstack/emulator/s3"
	"ticketsystem/localstack/emulator/samtemplate"
	"ticketsystem/localstack/emulator/websocketapi"
)

// checkDynamoDB implements awsproxy.Proxy.DynamoDB.
func (s *Stack) checkDynamoDB(operation string, body []byte) (rewritten []byte, refusal string) {
	if refusal = s.reload().table.Validate(operation, body); refusal == "" && s.replica != nil {
		body = s.replica.Redirect(operation, body)
	}
	return body, refusal
}

// serve starts the HTTP servers.
func (s *Stack) serve(listeners map[string][]net.Listener) {
	api := &httpapi.Handler{
		API:     func() httpapi.API { return s.reload().httpAPI },
		Prepare: s.lambda.Prepare, Invoke: s.lambda.Invoke, OnWrite: s.stream.Notify, Logf: s.logf,
	}
	requests := &dashboard.Requests{Logf: s.logf}
	api.Observe = requests.Add
	s.bucket.Settings, s.bucket.Notify, s.bucket.Logf = func() s3.Settings { return s.reload().bucket }, s.invokeWithRetries, s.logf
	s.bucket.Credentials = s3.Credentials{AccessKey: accessKey, SecretKey: secretKey, SessionToken: sessionToken}
	sockets := &websocketapi.Handler{API: func() websocketapi.API { return s.reload().webSocketAPI }, InvokeAsync: s.invokeAsync, Logf: s.logf}
	dashboardHandler := http.StripPrefix("/_local", dashboard.Handler(dashboard.Config{
		Requests: requests, Functions: s.lambda, Outbox: s.services.Outbox, Uploads: s.bucket.Uploads, Sockets: sockets.Connections,
		Queues: s.services.Queues, Schedules: s.listSchedules, Invoke: s.Invoke,
	}))
	start := dashboard.StartPage(s.options.Users)
	// A ServeMux would redirect unclean paths, which API Gateway does not.
	httpHandler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/_local/start" {
			start.ServeHTTP(w, r)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/_local/") {
			dashboardHandler.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
	awsServices := http.NewServeMux()
	awsServices.Handle("/custom/{token}", s.customResources)
	awsServices.Handle("/", s.services)
	handlers := map[string]http.Handler{"http": httpHandler, "services": awsServices, "socket": sockets, "s3": s.bucket}
	if s.options.Observer != nil {
		proxy := awsproxy.New(s.options.Observer, s.serviceURL, s.KillInstance)
		proxy.DynamoDB, proxy.Consumed = s.checkDynamoDB, s.options.Consumed
		handlers["proxy"] = proxy
	}
	for name, handler := range handlers {
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		for _, listener := range listeners[name] {
			s.runBackground(func() { _ = server.Serve(listener) }) // ends with Close
		}
		s.closers = append(s.closers, func() { _ = server.Close() }) // open connections are closed
	}
	s.closers = append(s.closers, sockets.Close)
}

// openPorts opens all ports and sets the URLs of the stack.
func (s *Stack) openPorts() (map[string][]net.Listener, error) {
	listeners := map[string][]net.Listener{}
	ports := map[string]int{}
	names := []string{"http", "socket", "s3", "services"}
	if s.options.Observer != nil {
		names = append(names, "proxy")
	}
	for i, name := range names {
		port := 0
		if s.options.Port > 0 && i < 3 {
			port = s.options.Port + i
		}
		opened, port, err := listen(port)
		if err != nil {
			return nil, err
		}
		for _, l := range opened {
			s.closers = append(s.closers, func() { _ = l.Close() }) // normally closed by its server
		}
		listeners[name], ports[name] = opened, port
	}
	s.HTTPURL = fmt.Sprintf("http://localhost:%d", ports["http"])
	s.OutboxURL = s.HTTPURL + "/_local/outbox"
	s.SocketURL = fmt.Sprintf("ws://localhost:%d", ports["socket"])
	s.S3URL = fmt.Sprintf("http://localhost:%d", ports["s3"])
	s.ServicesURL = fmt.Sprintf("http://127.0.0.1:%d", ports["services"])
	s.parameters = map[string]string{
		"Stage": "dev", "Architecture": "x86_64",
		"ApiUrl": s.HTTPURL, "SocketUrl": s.SocketURL, "SocketEndpoint": fmt.Sprintf("http://localhost:%d", ports["socket"]),
		"RateLimitPerIP": "10000", "SenderAddress": "support@example.com",
		"LocalPushService": s.HTTPURL, "IosPushApplication": platformApplication("APNS"), "AndroidPushApplication": platformApplication("GCM"),
		"AllowedOrigins": "http://localhost:5173", // where Vite serves a page under development
	}
	if s.options.Observer != nil {
		s.proxyURL = fmt.Sprintf("http://localhost:%d", ports["proxy"])
		s.parameters["SocketEndpoint"] = s.proxyURL
	}
	if runtime.GOARCH == "arm64" {
		s.parameters["Architecture"] = "arm64"
	}
	maps.Copy(s.parameters, s.options.Parameters)
	return listeners, nil
}

// platformApplication returns the ARN of an application of SNS.
func platformApplication(service string) string {
	return "arn:aws:sns:" + samtemplate.Region + ":" + samtemplate.Account + ":app/" + service + "/ticketsystem"
}

// HighLimits returns parameters for tests and measurements, in which a few users do
// the work of many.
func HighLimits() map[string]string {
	const high = "10000000"
	return map[string]string{
		"RateLimitPerIP": high, "TicketsPerMinute": high, "ProfileChangesPerHour": high, "MessagesPerMinute": high, "MessagesPerDay": high, "PendingUploadMiB": high, "StaffLimitFactor": "1",
		"MaxSockets": "1000000", "MaxSessions": "10000", "RequestsPerSecond": high, "LoginsPerSecond": high,
	}
}
