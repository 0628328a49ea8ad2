"""Reference transmitter for the fax modems: reads only the JSON tables beside the specification.
Produces complex symbols, then 8 kHz samples. Deterministic."""
import json, os, numpy as np
D=os.environ.get('MODEM_DATA',os.path.join(os.path.dirname(os.path.abspath(__file__)),'..','modem-tables'))
T={k:json.load(open(os.path.join(D,k+'.json'))) for k in ('v17','v29','v27ter')}
FS=8000
RMS0=32768/np.sqrt(2)*10**(-3.14/20)     # RMS of 0 dBm0 in 16-bit linear samples
class Scr:                                # 1 + x^-18 + x^-23
    def __init__(s,seed): s.r=seed
    def __call__(s,b):
        o=(b^(s.r>>17)^(s.r>>22))&1; s.r=((s.r<<1)|o)&0x7fffff; return o
class Scr27:
    def __init__(s,seed,watch=(8,9,12),limit=33): s.r=seed; s.c=0; s.w=watch; s.l=limit
    def __call__(s,b):
        o=(b^(s.r>>5)^(s.r>>6))&1
        if s.c>=s.l: o^=1; s.c=0
        elif all(((s.r>>(w-1))^o)&1 for w in s.w): s.c=0
        else: s.c+=1
        s.r=((s.r<<1)|o)&0xffff; return o
def v17(rate,bits,short=False,tep=False,ones=32,diff0=None):
    t=T['v17']; R=t['rates'][str(rate)]; C=[complex(*p) for p in R['constellation']]
    P={k:complex(*v) for k,v in t['training_points'].items()}
    nxt=t['data_mapping']['trellis']['next_state_rows_state_cols_Y']
    s=[]
    if tep: s+=[P['A']]*480+[0]*48
    s+=[P['A'],P['B']]*128
    sc=Scr(int(t['scrambler']['seed_hex'],16))
    n2=38 if short else 2976
    cur=None
    for i in range(n2):
        d='%d%d'%(sc(1),sc(1)); cur=t['segment2_dibit_to_letter'][d]; s.append(P[cur])
    if not short:
        w=t['bridge']['bits_in_time_order']; tr=t['bridge']['dibit_quarter_turns']
        for i in range(64):
            k=2*(i%8); d='%d%d'%(sc(w[k]),sc(w[k+1]))
            cur='ABCD'[('ABCD'.index(cur)+tr[d])&3]; s.append(P[cur])
    st=0; Y=t['data_mapping']['initial_Y_at_segment_4']['short' if short else 'long'] if diff0 is None else diff0; b=R['bits_per_symbol']
    pad=(-len(bits))%b
    alld=[1]*(48*b)+list(bits)+[1]*(pad+ones*b)
    for i in range(0,len(alld),b):
        q=[sc(x) for x in alld[i:i+b]]
        Y=(Y+q[0]+2*q[1])&3
        st=nxt[st][Y]
        idx=(st>>2)|(Y<<1)|sum(v<<(3+k) for k,v in enumerate(q[2:]))
        s.append(C[idx])
    return np.array(s),2400,1800,R['average_power']
def v29(rate,bits,tep=False,ones=32):
    t=T['v29']; R=t['rates'][str(rate)]; C=[complex(*p) for p in t['constellation']]
    g=lambda k: complex(*R[k])
    s=[]
    if tep: s+=[complex(3,0)]*480
    s+=[0]*48 if tep else []
    s+=[g('A'),g('B')]*64
    s+=[g(c) for c in t['segment3']['letters']]
    sc=Scr(int(t['scrambler']['seed_hex'],16)); b=R['bits_per_symbol']
    last=g(t['segment3']['letters'][-1]); ph=C.index(last)&7
    tri=t['phase_step_45deg']['tribit Q2Q3Q4 (Q2 first in time)']; di=t['phase_step_45deg']['dibit (first in time first)']
    pad=(-len(bits))%b
    alld=[1]*(48*b)+list(bits)+[1]*(pad+ones*b)
    for i in range(0,len(alld),b):
        q=[str(sc(x)) for x in alld[i:i+b]]; a=0
        if b==4: a=int(q[0]); q=q[1:]
        ph=(ph+(di if b==2 else tri)[''.join(q)])&7
        s.append(C[ph+8*a])
    return np.array(s),2400,1700,R['average_power']
def v27(rate,bits,tep=False,short=False,ones=16):
    t=T['v27ter']; R=t['rates'][str(rate)]; b=R['bits_per_symbol']; baud=R['symbol_rate']
    C=np.exp(1j*np.pi/4*np.arange(8)); s=[]; ph=0
    if tep: s+=[C[0]]*(baud//5)+[0]*(baud//50)
    for i in range(14 if short else 50): ph^=4; s.append(C[ph])
    ref=ph
    for c in t['segment4']['short_letters' if short else 'long_letters']:
        ph=ref if c=='A' else ref^4; s.append(C[ph])
    sc=Scr27(int(t['scrambler']['seed_hex'],16))
    for i in range(3*(58 if short else 1074)): sc(1)
    pad=(-len(bits))%b
    alld=[1]*(8*b)+list(bits)+[1]*(pad+ones*b)
    for i in range(0,len(alld),b):
        d=''.join(str(sc(x)) for x in alld[i:i+b]); ph=(ph+R['phase_step_45deg'][d])&7; s.append(C[ph])
    return np.array(s),baud,1800,1.0
def rrc(t,beta):
    t=np.asarray(t,float); h=np.empty_like(t)
    z=np.abs(t)<1e-9; e=np.abs(np.abs(4*beta*t)-1)<1e-9; o=~(z|e)
    h[z]=1-beta+4*beta/np.pi
    h[e]=beta/np.sqrt(2)*((1+2/np.pi)*np.sin(np.pi/4/beta)+(1-2/np.pi)*np.cos(np.pi/4/beta))
    x=t[o]; h[o]=(np.sin(np.pi*x*(1-beta))+4*beta*x*np.cos(np.pi*x*(1+beta)))/(np.pi*x*(1-(4*beta*x)**2))
    return h
def modulate(sym,baud,fc,avg,level_dbm0=-14.0,beta=None,lead_ms=20,tail_ms=50,df=0.0,ppm=0.0,phase=0.0,span=8,tau=0.0):
    """root-raised-cosine pulses on an exact fractional grid, then real passband"""
    if beta is None: beta=0.25 if baud==2400 else 0.5
    Ts=FS/(baud*(1+ppm*1e-6))
    lead=lead_ms*FS//1000; n=int(lead+len(sym)*Ts+tail_ms*FS/1000)
    x=np.zeros(n,complex)
    g=np.sqrt(baud/FS)                   # unit energy pulse => mean power = avg * baud/FS * ...
    for k,a in enumerate(sym):
        if a==0: continue
        c=lead+(k+0.5)*Ts+tau; i0=max(0,int(np.ceil(c-span*Ts))); i1=min(n,int(c+span*Ts)+1)
        x[i0:i1]+=a*rrc((np.arange(i0,i1)-c)/Ts,beta)
    # mean |x|^2 = avg for unit-energy rrc normalised with T (sum over samples of h^2 = Ts)
    amp=RMS0*10**(level_dbm0/20)*np.sqrt(2/avg)
    m=np.arange(n)
    y=amp*np.real(x*np.exp(1j*(2*np.pi*(fc+df)*m/FS+phase)))
    return y
def to16(y): return np.clip(np.rint(y),-32768,32767).astype('<i2')
def prbs15(n,seed=0x7fff):                # x^15 + x^14 + 1, output = new bit
    r=seed; o=[]
    for i in range(n):
        b=((r>>14)^(r>>13))&1; r=((r<<1)|b)&0x7fff; o.append(b)
    return o
