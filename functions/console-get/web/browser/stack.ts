import { execFileSync, spawn } from "node:child_process"
import { createServer } from "node:net"
import { join } from "node:path"

// Starts a local stack for the run, unless API_URL names one that runs already.
const root = join(import.meta.dirname, "..", "..", "..", "..")

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    // The stack takes three ports in a row.
    const server = createServer().listen(0, () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port > 60_000 ? port - 3000 : port))
    })
  })

export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.API_URL) return
  const binary = join(root, ".cache", "bin", "localstack-console")
  execFileSync("go", ["build", "-o", binary, "./localstack"], { cwd: root, stdio: "inherit" })
  const port = await freePort()
  const stack = spawn(binary, ["-memory"], { cwd: root, env: { ...process.env, PORT: String(port) }, stdio: ["ignore", "pipe", "inherit"] })
  process.env.API_URL = await new Promise<string>((resolve, reject) => {
    let output = ""
    stack.stdout.on("data", (text: Buffer) => {
      output += text.toString()
      const ready = /^ready (\S+)$/m.exec(output)
      if (ready) resolve(ready[1]!)
    })
    stack.on("exit", (code) => reject(new Error(`the local stack ended with ${code}:\n${output}`)))
  })
  return () =>
    new Promise((resolve) => {
      stack.removeAllListeners("exit")
      stack.on("exit", () => resolve())
      stack.kill("SIGINT")
    })
}
