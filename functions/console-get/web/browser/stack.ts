import { execFileSync, spawn } from "node:child_process"
import { join } from "node:path"

const root = join(import.meta.dirname, "..", "..", "..", "..")

/** Starts a local stack with other template parameters ("Name=value …"), and returns its address and what ends it. */
export async function startStack(parameters = ""): Promise<{ url: string; stop: () => Promise<void> }> {
  const binary = join(root, ".cache", "bin", "localstack-console")
  execFileSync("go", ["build", "-o", binary, "./localstack"], { cwd: root, stdio: "inherit" })
  const stack = spawn(binary, ["-memory"], { cwd: root, env: { ...process.env, PORT: "0", PARAMETERS: parameters }, stdio: ["ignore", "pipe", "inherit"] })
  const url = await new Promise<string>((resolve, reject) => {
    let output = ""
    stack.stdout.on("data", (text: Buffer) => {
      output += text.toString()
      const ready = /^ready (\S+)$/m.exec(output)
      if (ready) resolve(ready[1]!)
    })
    stack.on("exit", (code) => reject(new Error(`the local stack ended with ${code}:\n${output}`)))
  })
  const stop = () =>
    new Promise<void>((resolve) => {
      stack.removeAllListeners("exit")
      stack.on("exit", () => resolve())
      stack.kill("SIGINT")
    })
  return { url, stop }
}

/** Starts the stack of the run, unless API_URL names one that runs already. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.API_URL) return
  const { url, stop } = await startStack(process.env.PARAMETERS)
  process.env.API_URL = url
  return stop
}
