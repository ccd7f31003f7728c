-- air: what a screen painted, counted for its messages in its place. A report's number counts once, and a screen
-- never claims more time than has passed since its last claim.
-- KEYS: what each screen has claimed, the place's seconds by day, then each report's message.
-- Answer: OK n last (the highest number that is stored, and which card was painted last).
local claims, days = KEYS[1], KEYS[2]
local now = tonumber(a.now)
local n, to, last = string.match(redis.call('HGET', claims, a.screen) or '', '^(%d+) (%d+) (%S*)$')
n, last = tonumber(n or '0'), last or ''
local latest = now + tonumber(a.grace) -- what reaches beyond was claimed by a clock that has been set back since
to = math.min(math.max(tonumber(to or a.now), now - tonumber(a.backlog)), latest)

local function hung_here(m)
  local places, number = unpack(redis.call('HMGET', m, 'places', 'number'))
  for _, place in ipairs(split(number and places)) do
    if place == a.place then
      return true
    end
  end
  return false
end

for i, report in ipairs(a.reports) do
  local m = KEYS[2 + i]
  if report.n > n then
    n = report.n
    local ms = math.min(report.ms, latest - to)
    if ms > 0 and hung_here(m) then
      to, last = to + ms, report.id
      redis.call('HINCRBY', m, 'aired:' .. a.place, ms)
      redis.call('HINCRBY', days, a.day .. ' ' .. declared(m), ms)
    end
  end
end
redis.call('HSET', claims, a.screen, string.format('%.0f %.0f %s', n, to, last))
return {'OK', string.format('%.0f', n), last}
