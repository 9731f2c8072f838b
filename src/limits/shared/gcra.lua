-- Counts one call, by the generic cell rate algorithm. KEYS[1]: what is counted. ARGV: now, burst, refill; the times in
-- microseconds. Returns 0 if the call may go on, else the microseconds to wait.
--
-- The key holds the instant at which the burst is whole again; it dies then, because a missing key means the same.
local now, burst, refill = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full = tonumber(redis.call('GET', KEYS[1]) or now)

-- Later than this only if clocks disagree or were set back: nobody waits longer than one refill for that.
full = math.min(full, now + burst * refill)

local wait = full - (burst - 1) * refill - now
if wait > 0 then
  return wait
end
full = math.max(full, now) + refill
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return 0
