-- conduct: a person leads the wall of one place; or a blank that nobody confirmed has run out ("lapse").
-- KEYS: answer, the place's conduct, place.
-- Answer: OK version, or MISSING (the card does not hang here), CONFLICT (there is no blank to confirm).
local answer, c = KEYS[1], KEYS[2]
local base = 3

local known = replay(answer)
if known then
  return known
end
local since, ends = unpack(redis.call('HMGET', c, 'blank_since', 'blank_until'))
local over = ends and tonumber(ends) <= tonumber(a.now)
local blank = since and not over
if a.what == 'confirm' and not blank then
  return {'CONFLICT'}
end
if a.card and not redis.call('ZSCORE', KEYS[base + WALL], a.tid) then
  return {'MISSING'}
end

-- A public line that is about no message: number, arrival, state and declared stay away.
local function enter_act(what, at, by, via)
  local seq = redis.call('HINCRBY', KEYS[base + HEAD], 'seq', 1)
  redis.call('XADD', KEYS[base + LEDGER], seq .. '-0', 'at', at, 'what', what, 'by', by or '', 'via', via,
    'secret', redis.sha1hex(a.secret .. seq))
end

local changed = false
if over then -- whoever notices first writes down when it ended
  redis.call('HDEL', c, 'blank_since', 'blank_until', 'blank_by')
  enter_act('unblanked', ends, nil, 'clock')
  changed = true
end

local function free()
  return redis.call('HDEL', c, 'kept_id', 'kept_since', 'kept_until', 'kept_by', 'kept_cards') > 0
end

-- Renewed while it lasts, it still ends ten minutes after it began.
local function keep(card)
  local id, began, ended, cards = unpack(redis.call('HMGET', c, 'kept_id', 'kept_since', 'kept_until', 'kept_cards'))
  local same = ended and tonumber(ended) > tonumber(a.now) and id == card
  began = same and began or a.now
  if not same or not cards or cards == '[]' then -- a screen that is told again keeps what it kept
    cards = a.cards or '[]'
  end
  local till = math.min(tonumber(a.now) + a.lasts, tonumber(began) + a.longest)
  redis.call('HSET', c, 'kept_id', card, 'kept_since', began, 'kept_until', string.format('%.0f', till),
    'kept_by', a.name, 'kept_cards', cards)
end

local order = nil
if a.what == 'pace' then
  redis.call('HSET', c, 'pace', a.pace, 'hours', a.hours)
  changed = true
elseif a.what == 'pin' or a.what == 'hold' then
  keep(a.card or '')
  changed = true
elseif a.what == 'free' then
  changed = free() or changed
elseif a.what == 'blank' and not blank then
  redis.call('HSET', c, 'blank_since', a.now, 'blank_until', string.format('%.0f', tonumber(a.now) + a.lasts),
    'blank_by', a.name)
  enter_act('blanked', a.now, a.by, a.via)
  changed = true
elseif a.what == 'confirm' and ends then
  redis.call('HDEL', c, 'blank_until')
  enter_act('blank-confirmed', a.now, a.by, a.via)
  changed = true
elseif a.what == 'unblank' and blank then
  redis.call('HDEL', c, 'blank_since', 'blank_until', 'blank_by')
  enter_act('unblanked', a.now, a.by, a.via)
  changed = true
elseif a.what == 'next' or a.what == 'test' or a.what == 'reload' then
  changed = (a.what == 'next' and free()) or changed -- who asks for the next one no longer wants this one
  order = redis.call('HINCRBY', c, 'orders', 1)
end

a.tid = 'conduct' -- what the feed calls it: no thread
local version = redis.call('HINCRBY', c, 'version', changed and 1 or 0)
if changed then
  tell_desk(base, 'place.conducted', 'conduct', version)
end
if order then
  tell_desk(base, 'place.' .. a.what, 'conduct', order)
end
return remember(answer, version)
