// Package ws implements the WebSocket API: its routes and the frames that the service pushes.
// API Gateway holds the connections and invokes one Lambda function per route.
package ws
