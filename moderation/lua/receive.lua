-- receive: one item of a channel becomes a message, a new revision of one, or nothing.
-- KEYS: message, thread, the thread's first message as the caller knows it, number, channel, receipt, places…
-- Answer: OK created | edited (and the state before) | consent | duplicate, or AGAIN.
local m, t, root_key, number_key, channel, receipt = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local first = 7

local root, places = unpack(redis.call('HMGET', t, 'root', 'places'))
if (root or '') ~= a.root or (places and places ~= a.places) or moved(t, 'consent', 'consent_at') then
  return {'AGAIN'}
end

local state, revision, held, number, nonce, outcome, tid, seen, consent = unpack(redis.call('HMGET', m,
  'state', 'revision', 'held', 'number', 'nonce', 'outcome', 'tid', 'seen', 'consent'))
if tid and tid ~= a.tid then -- it came meanwhile, in another thread than this caller was told
  return {'AGAIN'}
end
if nonce == a.nonce then
  return {'OK', outcome}
end

if state == 'erased' then -- final, also for what was deleted before it was created
  save_cursor(channel)
  return {'OK', 'duplicate'}
end

if not state then
  local n = redis.call('INCR', number_key)
  local arrivals = {}
  for i, base in each_place(first) do
    arrivals[i] = redis.call('HINCRBY', KEYS[base + HEAD], 'arrival', 1)
  end
  write(m, a.fields)
  write(m, {
    state = 'pending', held = a.held, revision = a.revision, number = n, tid = a.tid, secret = a.secret,
    places = a.places, arrivals = table.concat(arrivals, ' '), received_at = a.now,
    nonce = a.nonce, outcome = 'created',
  })
  local members = redis.call('HGET', t, 'members')
  redis.call('HSET', t, 'places', a.places, 'channel', a.fields.channel,
    'members', members and (members .. ' ' .. a.id) or a.id)
  if a.fields.by == 'author' then
    -- Chat tools deliver out of order: until somebody has decided, the earliest is the first.
    local takes_over = not root
    if root then
      local root_state, decided, published = unpack(redis.call('HMGET', root_key, 'state', 'decided_at', 'published_at'))
      takes_over = root_state == 'pending' and not decided and published and a.fields.published_at
        and tonumber(a.fields.published_at) < tonumber(published)
    end
    if takes_over then
      redis.call('HSET', t, 'root', a.id)
    end
  end
  local version = redis.call('HINCRBY', t, 'version', 1)
  for i, base in each_place(first) do
    redis.call('ZADD', index(base, 'pending', a.held), n, a.id)
    enter(base, i, m, 'received', nil, nil, 'channel')
    tell_desk(base, 'message.received', a.id, version)
  end
  if a.receipt then
    redis.call('SET', receipt, a.id)
  end
  save_cursor(channel)
  return {'OK', 'created'}
end

-- Many upstreams call it an edit when a reader's tick or a picture changed: then there is nothing to read again.
local READ = {'text', 'author_name', 'stars', 'kind', 'published_at', 'experience_at', 'consent'}
local function says_the_same()
  for i, known in ipairs(redis.call('HMGET', m, unpack(READ))) do
    if (known or '') ~= (a.fields[READ[i]] or '') then
      return false
    end
  end
  return true
end

if tonumber(a.revision) > math.max(tonumber(revision), tonumber(seen or 0)) then
  if a.fields.consent == 'not_needed' and consent and consent ~= 'not_needed' then
    return {'AGAIN'} -- the caller did not see yet that it is private
  end
  if says_the_same() then
    redis.call('HSET', m, 'seen', a.revision) -- an older edit that comes late stays older
    save_cursor(channel)
    return {'OK', 'duplicate'}
  end
  redis.call('HDEL', m, 'seen', 'author_name', 'author_url', 'author_id', 'stars', 'kind', 'published_at', 'experience_at',
    'url', 'masks', 'mask_author', 'ruling', 'approved_at', 'decided_at', 'undo', 'claim_by', 'claim_until')
  a.fields.by = nil -- whose turn it is was said when it came
  write(m, a.fields)
  write(m, {state = 'pending', held = a.held, revision = a.revision, nonce = a.nonce, outcome = 'edited'})
  move(first, a.id, number, state, held, 'pending', a.held)
  local version = redis.call('HINCRBY', t, 'version', 1)
  for i, base in each_place(first) do
    enter(base, i, m, 'edited', nil, nil, 'channel')
    tell_desk(base, 'message.edited', a.id, version)
  end
  settle(first, root_key, version)
  save_cursor(channel)
  return {'OK', 'edited', state}
end

if (consent == 'needed' or consent == 'withdrawn') and a.fields.consent == 'given'
  and tonumber(a.revision) == tonumber(revision) then
  redis.call('HDEL', m, 'undo') -- something followed: an undone refusal would hold it for what was given
  write(m, {held = '', consent = 'given', consent_at = a.fields.consent_at, nonce = a.nonce, outcome = 'consent'})
  move(first, a.id, number, state, held, state, '')
  local version = redis.call('HINCRBY', t, 'version', 1)
  for i, base in each_place(first) do
    enter(base, i, m, 'consented', nil, nil, 'channel')
    tell_desk(base, 'message.edited', a.id, version)
  end
  save_cursor(channel)
  return {'OK', 'consent'}
end

save_cursor(channel)
return {'OK', 'duplicate'}
