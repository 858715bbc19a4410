let context: AudioContext | null = null

/** Two soft tones of WebAudio. A browser that has had no click on the page stays silent. */
export function ring(): void {
  context ??= new AudioContext()
  void context.resume()
  tone(context, 660, 0)
  tone(context, 880, 0.12)
}

/** One tone of 0.25 s that starts `delay` seconds from now. */
function tone(audio: AudioContext, frequency: number, delay: number): void {
  const start = audio.currentTime + delay
  const oscillator = audio.createOscillator()
  const gain = audio.createGain()
  oscillator.frequency.value = frequency
  gain.gain.setValueAtTime(0.12, start)
  gain.gain.exponentialRampToValueAtTime(0.001, start + 0.25)
  oscillator.connect(gain).connect(audio.destination)
  oscillator.start(start)
  oscillator.stop(start + 0.25)
}
